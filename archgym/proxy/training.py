"""Trains proxies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym import domain
from archgym.errors import ArchgymError
from archgym.proxy.models import Advance, Examples, Model, model_class
from archgym.proxy.proxy import Predictor, Proxy, calibrate
from archgym.proxy.samples import Samples
from archgym.proxy.scores import scores
from archgym.proxy.targets import Target, Targets
from archgym.proxy.workloads import Context, Facts
from archgym.version import VERSION

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FEWEST = 50
"""The fewest distinct designs of a workload that a proxy is trained on."""

FEWEST_WORKLOADS = 3
"""The fewest workloads that a proxy learns from what to expect of another."""

HELD_BACK = 0.15
"""The share of the designs, or of the workloads, that only margins and scores are made of."""


class Plan:
    """What a training will do, so that its progress can be shown.

    Args:
        samples: The data.
        kind: One of `models.MODELS`.
        metrics: What to predict; by default those that were measured of the ones that the domain
            names.
        known: Whether to learn each of the workloads by itself.
        transfer: Whether to learn what to expect of other workloads; by default if there are
            enough workloads whose features and anchors are known.
        seed: Its only source of randomness.
        effort: How long to train, as a multiple of what is usual.

    Attributes:
        metrics: What will be predicted.
        steps: How often `run` calls `advance`.

    Raises:
        ArchgymError: There are too few samples, a metric is missing or, though it was asked for,
            the same in every sample, or there is no such model.
    """

    def __init__(
        self,
        samples: Samples,
        kind: str = "mlp",
        metrics: Sequence[str] | None = None,
        *,
        known: bool = True,
        transfer: bool | None = None,
        seed: int = 0,
        effort: float = 1.0,
    ) -> None:
        self._model = model_class(kind)
        usual = domain.load(samples.domain).learned or samples.metrics
        self.metrics = tuple(metrics or [name for name in usual if name in samples.metrics])
        if not self.metrics:
            raise ArchgymError(f"the data have none of the metrics {', '.join(usual)}")
        self._samples = samples.only(self.metrics)
        if not effort > 0:
            raise ArchgymError(f"the effort of a training is more than 0, not {effort}")
        for name, column in zip(self.metrics, self._samples.values.T, strict=True):
            if metrics and len(column) and (column == column[0]).all():
                raise ArchgymError(
                    f"metric {name} is {column[0]:g} in every sample: there is nothing to learn"
                )
        for number, facts in enumerate(samples.facts):
            count = int((samples.workload == number).sum())
            if count < FEWEST:
                raise ArchgymError(
                    f"of workload {facts.id} there are {count} distinct designs with metrics, too "
                    f"few for a proxy, which needs {FEWEST}"
                )
        obstacle = _obstacle(self._samples)
        if transfer and obstacle:
            raise ArchgymError(f"a proxy for other workloads can't be trained: {obstacle}")
        self._transfer = obstacle is None if transfer is None else transfer
        self._seed = seed
        self._effort = effort
        self._known = known
        trainings = known * len(samples.facts) + 2 * self._transfer
        self.steps = trainings * self._model.steps(len(self.metrics), effort)

    def run(
        self, provenance: Mapping[str, Any] | None = None, advance: Advance = lambda: None
    ) -> Proxy:
        """Trains.

        Args:
            provenance: What is worth keeping of where the data come from.
            advance: Called `steps` times meanwhile.
        """
        samples = self._samples
        known = {
            facts.id: self._train_known(samples.of(facts.id), [self._seed, 0, number], advance)
            for number, facts in enumerate(samples.facts)
            if self._known
        }
        transfer, context = self._train_transfer(advance) if self._transfer else (None, None)
        return Proxy(
            coding=samples.coding,
            kind=self._model.kind,
            metrics=self.metrics,
            simulator=samples.simulator,
            seen=_seen(samples),
            facts={facts.id: facts for facts in samples.facts},
            known=known,
            transfer=transfer,
            context=context,
            provenance={
                **(provenance or {}),
                "archgym": VERSION,
                "domain": samples.domain,
                "seed": self._seed,
                "effort": self._effort,
                "samples": len(samples),
                "data_sha256": samples.sha256,
            },
        )

    def _train_known(self, samples: Samples, seed: list[int], advance: Advance) -> Predictor:
        """Trains on most designs, and sees by the others how good it is."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(samples))
        held = max(1, round(HELD_BACK * len(samples)))
        rest, back = samples.take(order[held:]), samples.take(order[:held])
        columns = zip(self.metrics, rest.values.T, strict=True)
        targets = Targets(tuple(Target.of(name, column) for name, column in columns))
        model = self._fit(rest, targets, np.empty((len(rest), 0)), rest.values, seed, advance)
        outputs = model.predict(back.codes, np.empty(0))
        return Predictor(
            model,
            targets,
            calibrate(targets, outputs, back.values),
            _scores(self.metrics, back.values, targets.restore(outputs)),
            np.sort(samples.keys),
        )

    def _train_transfer(self, advance: Advance) -> tuple[Predictor, Context]:
        """Trains on all workloads, and sees by a training without some how good that is."""
        samples = self._samples
        rng = np.random.default_rng([self._seed, 1])
        order = rng.permutation(len(samples.facts))
        held = order[: max(1, round(HELD_BACK * len(order)))]
        is_held = np.isin(samples.workload, held)
        context = Context.of(samples.facts, self._positive(samples))
        relative = _relative(samples, self.metrics)
        columns = zip(self.metrics, relative.T, strict=True)
        targets = Targets(tuple(Target.of(name, column) for name, column in columns))
        described = np.array([context(facts) for facts in samples.facts])[samples.workload]
        models = []
        for rows in (~is_held, np.ones(len(samples), np.bool_)):
            part = samples.take(rows)
            models.append(
                self._fit(part, targets, described[rows], relative[rows], [self._seed, 1], advance)
            )
        back = samples.take(is_held)
        partial = models[0]
        outputs, predicted = [], []
        for number in np.unique(back.workload):
            own = back.take(back.workload == number)
            facts = samples.facts[number]
            outputs.append(partial.predict(own.codes, context(facts)))
            predicted.append(targets.relative_to(facts.anchor).restore(outputs[-1]))
        order = np.argsort(back.workload, kind="stable")
        return (
            Predictor(
                models[1],
                targets,
                calibrate(targets, np.concatenate(outputs), relative[is_held][order]),
                _scores(self.metrics, back.values[order], np.concatenate(predicted)),
                np.empty(0, np.int64),
            ),
            context,
        )

    def _positive(self, samples: Samples) -> list[str]:
        above = np.min(samples.values, axis=0).tolist()
        return [name for name, lowest in zip(self.metrics, above, strict=True) if lowest > 0]

    def _fit(
        self,
        samples: Samples,
        targets: Targets,
        context: Floats,
        values: Floats,
        seed: list[int],
        advance: Advance,
    ) -> Model:
        examples = Examples(
            samples.codes, context, targets.standardise(values), _emphasis(targets, values)
        )
        number = int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)
        return self._model.fit(samples.coding, examples, number, self._effort, advance)


def train(
    samples: Samples,
    kind: str = "mlp",
    metrics: Sequence[str] | None = None,
    *,
    known: bool = True,
    transfer: bool | None = None,
    seed: int = 0,
    effort: float = 1.0,
    provenance: Mapping[str, Any] | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Proxy:
    """Trains a proxy; see `Plan` for the arguments."""
    plan = Plan(samples, kind, metrics, known=known, transfer=transfer, seed=seed, effort=effort)
    return plan.run(provenance, advance)


def _emphasis(targets: Targets, values: Floats) -> Floats:
    """Returns what each error counts.

    The logarithm of a metric makes every relative error count the same, whereas a large value that
    is a little off is farther from the truth than a small one. Half of each is fair to both.
    """
    emphasis = np.ones_like(values)
    for column, target in enumerate(targets.targets):
        if target.scale == "log":
            share = np.square(values[:, column] / values[:, column].mean())
            emphasis[:, column] = 0.5 + 0.5 * share / share.mean()
    return emphasis


def _scores(metrics: Sequence[str], true: Floats, predicted: Floats) -> dict[str, dict[str, float]]:
    columns = zip(metrics, true.T, predicted.T, strict=True)
    return {name: scores(one, other) for name, one, other in columns}


def _relative(samples: Samples, metrics: Sequence[str]) -> Floats:
    """Returns the metrics that are always above 0 as shares of those of the default design."""
    relative = samples.values.copy()
    for column, name in enumerate(metrics):
        if (samples.values[:, column] > 0).all():
            anchors = np.array([facts.anchor[name] for facts in samples.facts])
            relative[:, column] /= anchors[samples.workload]
    return relative


def _seen(samples: Samples) -> dict[str, frozenset[int]]:
    seen: dict[str, frozenset[int]] = {}
    names = list(samples.coding.space.parameters)
    for group, columns in enumerate(samples.coding.groups):
        levels = samples.coding.levels[group][np.unique(samples.codes[:, group])]
        for place, column in enumerate(columns):
            seen[names[column]] = frozenset(np.unique(levels[:, place]).tolist()) - {-1}
    return seen


def _obstacle(samples: Samples) -> str | None:
    """Says why other workloads can't be learned about; `None` if they can."""
    if len(samples.facts) < FEWEST_WORKLOADS:
        return f"there are {len(samples.facts)} workloads, and it takes {FEWEST_WORKLOADS}"
    lengths = {len(facts.features) for facts in samples.facts}
    if lengths == {0} or len(lengths) > 1:
        lacking = next((facts for facts in samples.facts if facts.lacks), None)
        if lacking is not None:
            return f"the features of {lacking.id} are not known, as {lacking.lacks}"
        return "the features of the workloads are not known"
    return _missing_anchor(samples.facts, samples.metrics)


def _missing_anchor(facts: Sequence[Facts], metrics: Sequence[str]) -> str | None:
    for each in facts:
        if not all(name in each.anchor for name in metrics):
            return f"the default design was not measured on {each.id}"
    return None
