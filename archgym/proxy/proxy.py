"""A proxy: models of what a simulator measures, for known workloads and for new ones."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import expm1
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archgym.domain import DEFAULT
from archgym.errors import ArchgymError, unknown
from archgym.parameter import Design
from archgym.proxy.adaptation import Adaptation
from archgym.proxy.coding import Coding
from archgym.proxy.conformal import Margins, check_coverage
from archgym.proxy.models import CHUNK, Model
from archgym.proxy.targets import Targets
from archgym.proxy.workloads import Context, Facts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Doubt = tuple[int, tuple[float, ...], list[bool]]


class Prediction(NamedTuple):
    """Metrics of designs and the intervals that hold them; shape `[n, metrics]` each."""

    values: Floats
    low: Floats
    high: Floats


class Probes(NamedTuple):
    """Measured designs of a workload, drawn as those will be that are predicted.

    Attributes:
        codes: The designs, coded.
        values: Their metrics, shape `[n, metrics]`.
    """

    codes: Ints
    values: Floats


@dataclass(frozen=True)
class Predictor:
    """A model with all that it takes to read its outputs.

    Attributes:
        model: The model.
        targets: The scales of its outputs.
        margins: By metric, how far off it was on samples held back from it.
        scores: By metric, its scores on these samples.
        keys: The designs that it has seen, sorted: trained on or calibrated with.
    """

    model: Model
    targets: Targets
    margins: tuple[Margins, ...]
    scores: Mapping[str, Mapping[str, float]]
    keys: Ints

    def has_seen(self, keys: Ints) -> NDArray[np.bool_]:
        """Tells which designs it has seen."""
        return np.isin(keys, self.keys)


@dataclass(frozen=True)
class Proxy:
    """Predicts metrics of the designs of a space; made by `archgym.proxy.train` or `load`.

    Attributes:
        coding: How designs are coded.
        kind: What the models are called.
        metrics: What is predicted.
        simulator: What measured the data, with its version.
        seen: By parameter, the positions of the values that occurred in the data.
        facts: The workloads in the data, by their ids.
        known: A predictor for each of them.
        transfer: A predictor for any other; `None` if there was too little to learn one from.
        context: What `transfer` sees of a workload.
        provenance: Where the data come from, and what else is worth keeping.
    """

    coding: Coding
    kind: str
    metrics: tuple[str, ...]
    simulator: str
    seen: Mapping[str, frozenset[int]]
    facts: Mapping[str, Facts]
    known: Mapping[str, Predictor]
    transfer: Predictor | None = None
    context: Context | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """Name of the domain that the data are of, which older files do not have."""
        return str(self.provenance.get("domain", DEFAULT))

    def on(self, workload: str) -> "Bound":
        """Returns the proxy for one of the workloads of its data.

        Raises:
            ArchgymError: It does not know the workload.
        """
        if workload not in self.known:
            raise unknown("workload of the proxy", workload, self.known)
        predictor = self.known[workload]
        return Bound(self, predictor, predictor.targets, np.empty(0))

    def on_new(self, facts: Facts, probes: "Probes | None" = None) -> "Bound":
        """Returns the proxy for a workload that is not in its data.

        Args:
            facts: The workload, with features and an anchor.
            probes: Designs that were measured on it, which make it far more exact: an `Adapted`.

        Raises:
            ArchgymError: It was trained for known workloads only, or too little is given.
        """
        if self.transfer is None or self.context is None:
            raise ArchgymError(
                f"the proxy knows {', '.join(self.known)} only, and not {facts.id}; one of three "
                "workloads and more, whose features are known, can tell of others"
            )
        for name in self.metrics:
            if name not in facts.anchor:
                raise ArchgymError(
                    f"to predict for {facts.id}, the proxy needs {name} of the default design"
                )
        for target in self.transfer.targets.targets:
            if target.scale == "log" and not 0 < facts.anchor[target.metric] < np.inf:
                raise ArchgymError(
                    f"{target.metric} of the default design on {facts.id} is "
                    f"{facts.anchor[target.metric]:g}; in the data of the proxy it is above 0"
                )
        if len(facts.features) + len(self.context.metrics) != len(self.context.mean):
            raise ArchgymError(
                f"workload {facts.id} has {len(facts.features)} features, the proxy was trained "
                f"with {len(self.context.mean) - len(self.context.metrics)}"
            )
        targets = self.transfer.targets.relative_to(facts.anchor)
        if probes is None:
            return Bound(self, self.transfer, targets, self.context(facts))
        known = [self.context(each) for each in self.facts.values()]
        return Adapted(self, self.transfer, targets, (*known, self.context(facts)), probes)

    @cached_property
    def inside(self) -> tuple[NDArray[np.bool_], ...]:
        """By group and code: whether all the values occurred in the data."""
        names = list(self.coding.space.parameters)
        tables = []
        for columns, levels in zip(self.coding.groups, self.coding.levels, strict=True):
            ok = [
                np.isin(column, [-1, *self.seen[names[parameter]]])
                for parameter, column in zip(columns, levels.T, strict=True)
            ]
            tables.append(np.all(ok, axis=0))
        return tuple(tables)

    def is_inside(self, codes: Ints) -> NDArray[np.bool_]:
        """Tells which designs have no value that never occurred in the data."""
        flags = [table[code] for table, code in zip(self.inside, codes.T, strict=True)]
        every: NDArray[np.bool_] = np.all(flags, axis=0)
        return every


class Bound:
    """A proxy for one workload.

    Args:
        proxy: The proxy.
        predictor: Its part for the workload.
        targets: The scales of the outputs for this workload.
        context: What the model sees of the workload.

    Attributes:
        FEW: As many designs and fewer are predicted faster one by one.
        metrics: What is predicted.
    """

    FEW: ClassVar[int] = 8

    def __init__(
        self,
        proxy: Proxy,
        predictor: Predictor,
        targets: Targets,
        context: Floats,
    ) -> None:
        self._proxy = proxy
        self._coding = proxy.coding
        self.predictor = predictor
        self.targets = targets
        self.metrics = targets.metrics
        self._context = context
        self._inside = [table.tolist() for table in proxy.inside]
        self._scales = [
            (each.scale == "log", each.mean, 0.0 if each.scale == "constant" else each.deviation)
            for each in targets.targets
        ]
        self._known_doubts: dict[tuple[float, float], list[Doubt]] = {}
        self._logs = np.array([is_log for is_log, _, _ in self._scales])
        # Of a metric with few values, or of 0, it makes no sense to be off by a share.
        self._shares = self._logs & np.array([not each.levels for each in targets.targets])
        self._deviations = np.array([deviation for _, _, deviation in self._scales])
        self._levels = [
            (column, [(a + b) / 2 for a, b in zip(each.levels, each.levels[1:], strict=False)])
            for column, each in enumerate(targets.targets)
            if each.levels
        ]

    def outputs(self, codes: Ints) -> Floats:
        """Returns the outputs of the model, shape `[n, metrics]`."""
        return self.predictor.model.predict(codes, self._context)

    def predict(self, codes: Ints) -> Floats:
        """Returns the metrics of coded designs, shape `[n, metrics]`."""
        return self.targets.restore(self.outputs(codes))

    def predict_indices(self, indices: Ints) -> Floats:
        """Returns the metrics of designs as `DesignSpace.encode` gives them."""
        return self.predict(self._coding.codes(indices))

    def interval(self, codes: Ints, coverage: float = 0.9) -> Prediction:
        """Returns metrics and the intervals that hold them with a given probability.

        Raises:
            ArchgymError: The coverage is none of `conformal.COVERAGES`.
        """
        check_coverage(coverage)
        outputs = self.outputs(codes)
        values = self.targets.restore(outputs)
        rounded = self.targets.standardise(values)
        margin = self._margin(rounded, coverage)
        return Prediction(values, *self.targets.bounds(rounded, margin))

    def sure(self, codes: Ints, coverage: float, widest: float) -> tuple[Floats, NDArray[np.bool_]]:
        """Returns the metrics of designs, and of which ones `one` would predict them."""
        outputs, margin = self._outputs_and_margin(codes, coverage)
        width = np.where(self._shares, np.expm1(margin * self._deviations), 0.0)
        is_sure: NDArray[np.bool_] = np.all(width <= widest, axis=1)
        return self.targets.restore(outputs), is_sure & self._proxy.is_inside(codes)

    def is_sure(self, codes: Ints, coverage: float, widest: float) -> NDArray[np.bool_]:
        """Tells of which designs `one` would predict the metrics."""
        return self.sure(codes, coverage, widest)[1]

    def one(self, design: Design, coverage: float, widest: float) -> list[float] | None:
        """Predicts one design, as fast as can be.

        Args:
            design: Values of any parameters; the rest have their defaults.
            coverage: How often the metrics shall be as near to the prediction as `widest` says.
            widest: How far off a prediction may be, as a share of it.

        Returns:
            The metrics; `None` if the design has a value that never occurred in the data, or if
            the prediction may be farther off.

        Raises:
            ArchgymError: The design is not of the space.
        """
        code = self._coding.code(design)
        for group, number in enumerate(code):
            if not self._inside[group][number]:
                return None
        outputs = self.predictor.model.predict(np.array([code]), self._context)[0].tolist()
        for column, edges, is_narrow in self._doubts(coverage, widest):
            if not is_narrow[bisect_right(edges, outputs[column])]:
                return None
        scaled = [
            output * deviation + mean
            for (_, mean, deviation), output in zip(self._scales, outputs, strict=True)
        ]
        # By NumPy, since the exponential of `math` may differ in the last bit.
        array = np.array(scaled)
        values: list[float] = np.exp(array, out=array, where=self._logs).tolist()
        for column, middles in self._levels:
            levels = self.targets.targets[column].levels
            values[column] = levels[bisect_right(middles, values[column])]
        return values

    def _doubts(self, coverage: float, widest: float) -> list[Doubt]:
        """Returns the metrics of which some predictions may be too far off, and which ones.

        Returns:
            Their columns, the predictions that divide the parts, and whether each part is exact
            enough.
        """
        if (coverage, widest) not in self._known_doubts:
            doubts = []
            for column, margins in enumerate(self.predictor.margins):
                if not self._shares[column]:
                    continue
                deviation = self._scales[column][2]
                widths = margins.widths[coverage]
                is_narrow = [expm1(each * deviation) <= widest for each in widths]
                if not all(is_narrow):
                    doubts.append((column, margins.edges, is_narrow))
            self._known_doubts[coverage, widest] = doubts
        return self._known_doubts[coverage, widest]

    def _margin(self, outputs: Floats, coverage: float) -> Floats:
        columns = zip(self.predictor.margins, outputs.T, strict=True)
        return np.column_stack([margins.at(column, coverage) for margins, column in columns])

    def _outputs_and_margin(self, codes: Ints, coverage: float) -> tuple[Floats, Floats]:
        outputs = self.outputs(codes)
        return outputs, self._margin(outputs, coverage)


class Adapted(Bound):
    """A proxy for a new workload some of whose designs were measured; see `adaptation`.

    Args:
        proxy: The proxy.
        predictor: Its part for new workloads.
        targets: The scales of the outputs for this workload.
        contexts: What the model sees of the known workloads, and last of this one.
        probes: The designs that were measured.

    Raises:
        ArchgymError: A metric whose logarithm is learned is not above 0.
    """

    FEW: ClassVar[int] = 0

    def __init__(
        self,
        proxy: Proxy,
        predictor: Predictor,
        targets: Targets,
        contexts: Sequence[Floats],
        probes: Probes,
    ) -> None:
        for name, target, column in zip(
            targets.metrics, targets.targets, probes.values.T, strict=True
        ):
            if target.scale == "log" and column.min() <= 0:
                raise ArchgymError(
                    f"{name} of a probe is {column.min():g}; in the data it is always above 0"
                )
        super().__init__(proxy, predictor, targets.reaching(probes.values), contexts[-1])
        self._contexts = contexts
        self._probes = probes
        measured = self.targets.standardise(probes.values)
        self._adaptation = Adaptation(self._fingerprints(probes.codes), measured)

    def disordered(self, least: float, widest: float) -> dict[str, float]:
        """Returns the metrics in whose order it can't put the probes, each predicted from the rest.

        Where no probes are farther apart than a prediction may be off, their order says nothing.

        Args:
            least: The rank correlation that will do.
            widest: How far off a prediction may be, as a share of it.

        Returns:
            Their rank correlations.
        """
        found = {}
        for column in np.flatnonzero(self._shares).tolist():
            values = self._probes.values[:, column]
            rank = self._adaptation.ranks[column]
            if rank < least and values.max() > (1 + widest) * values.min():
                found[self.metrics[column]] = rank
        return found

    def outputs(self, codes: Ints) -> Floats:
        """Returns the outputs of the model, adapted; see `Bound.outputs`."""
        return self._outputs_and_margin(codes, 0.5)[0]

    def interval(self, codes: Ints, coverage: float = 0.9) -> Prediction:
        """Returns metrics and intervals; see `Bound.interval`."""
        outputs, margin = self._outputs_and_margin(codes, check_coverage(coverage))
        return Prediction(self.targets.restore(outputs), *self.targets.bounds(outputs, margin))

    def one(self, design: Design, coverage: float, widest: float) -> list[float] | None:
        """Predicts one design; see `Bound.one`."""
        values, is_sure = self.sure(np.array([self._coding.code(design)]), coverage, widest)
        found: list[float] = values[0].tolist()
        return found if is_sure[0] else None

    def _outputs_and_margin(self, codes: Ints, coverage: float) -> tuple[Floats, Floats]:
        outputs, margin = np.empty((2, len(codes), len(self.metrics)))
        for first in range(0, len(codes), CHUNK):
            part = slice(first, first + CHUNK)
            fingerprints = self._fingerprints(codes[part])
            outputs[part], margin[part] = self._adaptation.predict(fingerprints, coverage)
        return outputs, margin

    def _fingerprints(self, codes: Ints) -> Floats:
        model = self.predictor.model
        return np.stack([model.predict(codes, context) for context in self._contexts], axis=1)


def calibrate(targets: Targets, outputs: Floats, values: Floats) -> tuple[Margins, ...]:
    """Returns the margins of a model's outputs on samples it has not seen, one per metric.

    Where predictions are rounded to the values that a metric can have, so are they here.
    """
    rounded = targets.standardise(targets.restore(outputs))
    true = targets.standardise(values)
    return tuple(
        Margins.calibrate(one, other) for one, other in zip(rounded.T, true.T, strict=True)
    )
