"""The `proxy` simulator: predictions of a model, and a real simulator where it does not know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from archgym import digest, domain, proxy, simulators
from archgym.errors import ArchgymError
from archgym.parameter import Design, Parameter
from archgym.proxy.conformal import check_coverage
from archgym.simulator import Failure, Outcome, Simulator
from archgym.workload import platform_name

PREDICTED = "predicted"
"""The metric that is 1 where the others are predicted, and 0 where they are simulated."""


class ProxySimulator(Simulator):
    """Predicts metrics by a proxy that `archgym proxy train` has made: `proxy:PATH`.

    Where the proxy does not know, the real simulator that it stands in for is asked: for a design
    with a parameter or value that did not occur in its data, on another memory system, on a new
    workload if it was trained for known ones only, or where the interval that holds a metric is too
    wide. The metric `predicted` tells the ones from the others, in logs too.

    Of a new workload the default design and some random ones, the probes, are simulated first. The
    proxy is adapted to them, and they tell how far off predictions are there, and with that which
    ones to make. Where predictions are not even in the probes' order, there are none.

    Args:
        path: The proxy's file.
        fallback: The real simulator or its name, `"default"` for the one of the data's domain;
            `None` or `"none"` for failures instead.
        widest: How far off a metric may be, as a share of it.
        coverage: How often it has to be as near as that.
        probes: How many designs of a new workload are simulated.
        ranks: The rank correlation of predicted and simulated probes that a new workload needs, in
            every metric that differs among them by more than `widest`.

    Attributes:
        proxy: The proxy.
        counts: How many designs were `predicted`, and how many were left to the fallback for which
            reason: `outside` the data, `wide` interval, unknown `workload`.

    Raises:
        ArchgymError: There is no proxy at `path`, or another argument is not right.
    """

    name: ClassVar[str] = "proxy"
    argument: ClassVar[str | None] = "PATH"

    def __init__(
        self,
        path: str | Path,
        fallback: str | Simulator | None = "default",
        *,
        widest: float = 0.25,
        coverage: float = 0.9,
        probes: int = 60,
        ranks: float = 0.9,
    ) -> None:
        if not widest > 0 or probes < 2:
            raise ArchgymError("a proxy's widest interval is more than 0, its probes are 2 or more")
        self.proxy = proxy.load(path)
        self.counts: Counter[str] = Counter()
        self._path = Path(path)
        self._widest = widest
        self._coverage = check_coverage(coverage)
        self._probes = probes
        self._ranks = ranks
        if fallback == "default":
            fallback = domain.load(self.proxy.domain).defaults.simulator
        if isinstance(fallback, str):
            fallback = None if fallback == "none" else simulators.make(fallback)
        self.fallback = fallback
        space = self.proxy.coding.space
        sha256 = digest.of_file(self._path)
        self.version = f"{sha256[:16]} ({self.proxy.kind} of {self.proxy.simulator})"
        self.metrics = frozenset({*self.proxy.metrics, PREDICTED})
        self.parameters: Mapping[str, Parameter] = space.parameters
        if fallback is not None:
            self.version += f", else {fallback.name} {fallback.version}"
            self.metrics |= fallback.metrics
            for name in space.parameters:
                if name not in fallback.parameters:
                    raise ArchgymError(
                        f"simulator {fallback.name} can't stand in for the proxy {path}: it has "
                        f"no parameter {name}"
                    )
            self.parameters = dict(fallback.parameters) | {
                name: replace(fallback.parameters[name], default=default)
                for name, default in space.default.items()
            }
        # Parameters that the space does not have were at these values when the data were measured.
        self._others = {
            name: parameter.default
            for name, parameter in self.parameters.items()
            if name not in space.parameters
        }
        self._bounds: WeakKeyDictionary[Any, proxy.Bound | str] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Leaves what belongs to workloads out of a pickle: it is made again when needed."""
        return {name: value for name, value in vars(self).items() if name != "_bounds"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes the state over, bound to no workload yet."""
        vars(self).update(state, _bounds=WeakKeyDictionary())

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Predicts every design, or has it simulated; see `Simulator.evaluate`."""
        designs = [self._own(design) for design in designs]
        bound = self._bind(workload)
        if isinstance(bound, str):
            return self._fall_back(designs, workload, "workload", bound)
        outcomes: list[Outcome | None]
        if len(designs) <= bound.FEW:
            outcomes = [self._predict_one(bound, design) for design in designs]
        else:
            outcomes = self._predict(bound, designs)
        left = [number for number, outcome in enumerate(outcomes) if outcome is None]
        if len(left) < len(designs):
            self.counts["predicted"] += len(designs) - len(left)
        if left:
            simulated = self._simulate(bound, [designs[number] for number in left], workload)
            for number, outcome in zip(left, simulated, strict=True):
                outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def bind(self, workload: Any) -> "proxy.Bound":
        """Returns the proxy for a workload, to predict many encoded designs at once.

        Raises:
            ArchgymError: It can't tell of this workload.
        """
        bound = self._bind(workload)
        if isinstance(bound, str):
            raise ArchgymError(bound)
        return bound

    def _own(self, design: Design) -> Design:
        """Leaves out parameters that the space does not have, where they are as in the data."""
        if self._others.keys().isdisjoint(design):
            return design
        return {
            name: value
            for name, value in design.items()
            if name not in self._others or value != self._others[name]
        }

    def _bind(self, workload: Any) -> "proxy.Bound | str":
        """Returns the proxy for a workload, or why there is none."""
        bound = self._bounds.get(workload)
        if bound is None:
            try:
                bound = self._bind_anew(workload)
            except ArchgymError as error:
                bound = str(error)
            self._bounds[workload] = bound
        return bound

    def _bind_anew(self, workload: Any) -> "proxy.Bound":
        if workload.id in self.proxy.known:
            return self.proxy.on(workload.id)
        system = platform_name(workload.id)
        known = sorted({facts.system for facts in self.proxy.facts.values()})
        if system not in known:
            raise ArchgymError(f"the proxy {self._path} is for {', '.join(known)}, not {system}")
        if self.fallback is None or self.proxy.transfer is None:
            raise ArchgymError(f"the proxy {self._path} does not know workload {workload.id}")
        space = self.proxy.coding.space
        (anchor,) = self.fallback.evaluate([space.default], workload)
        if isinstance(anchor, Failure):
            raise ArchgymError(anchor.reason)
        facts = proxy.Facts(workload.id, anchor, tuple(workload.features), system)
        bound = self.proxy.on_new(facts, self._probe(workload))
        assert isinstance(bound, proxy.Adapted)
        for name, rank in bound.disordered(self._ranks, self._widest).items():
            raise ArchgymError(
                f"the proxy {self._path} can't tell the order of designs of workload "
                f"{workload.id} by {name}: the rank correlation is {rank:.2f}, below {self._ranks}"
            )
        return bound

    def _probe(self, workload: Any) -> proxy.Probes:
        """Simulates random designs of a workload."""
        assert self.fallback is not None
        coding = self.proxy.coding
        rng = np.random.default_rng(0)
        candidates = coding.space.sample(rng, 20 * self._probes)
        codes = coding.codes(np.array([coding.space.encode(each) for each in candidates]))
        inside = self.proxy.is_inside(codes)
        chosen = np.flatnonzero(inside)[: self._probes]
        outcomes = self.fallback.evaluate([candidates[number] for number in chosen], workload)
        metrics, measured = self.proxy.metrics, []
        for number, outcome in zip(chosen, outcomes, strict=True):
            if not isinstance(outcome, Failure):
                measured.append((codes[number], [outcome[name] for name in metrics]))
        if len(measured) < 2:
            raise ArchgymError(f"too few probes of workload {workload.id} could be simulated")
        rows, values = zip(*measured, strict=True)
        return proxy.Probes(np.array(rows), np.array(values))

    def _predict_one(self, bound: "proxy.Bound", design: Design) -> Outcome | None:
        try:
            values = bound.one(design, self._coverage, self._widest)
        except ArchgymError:
            return None
        return None if values is None else self._outcome(values)

    def _predict(self, bound: "proxy.Bound", designs: Sequence[Design]) -> list[Outcome | None]:
        coding = self.proxy.coding
        numbers, codes = [], []
        for number, design in enumerate(designs):
            try:
                codes.append(coding.code(design))
                numbers.append(number)
            except ArchgymError:
                continue
        outcomes: list[Outcome | None] = [None] * len(designs)
        if codes:
            values, sure = bound.sure(np.array(codes), self._coverage, self._widest)
            rows = values.tolist()
            for number, row, is_sure in zip(numbers, rows, sure.tolist(), strict=True):
                if is_sure:
                    outcomes[number] = self._outcome(row)
        return outcomes

    def _outcome(self, values: list[float]) -> Outcome:
        outcome = dict(zip(self.proxy.metrics, values, strict=True))
        outcome[PREDICTED] = 1.0
        return outcome

    def _simulate(
        self, bound: "proxy.Bound", designs: list[Design], workload: Any
    ) -> list[Outcome]:
        """Simulates designs that were not predicted, and counts why."""
        outside = f"the proxy {self._path} has not seen all values of the design"
        wide = (
            f"the proxy {self._path} can't tell to {self._widest:.0%} what the design would measure"
        )
        outcomes: list[Outcome] = []
        for design in designs:
            is_wide = self._is_inside(design)
            reason, words = ("wide", wide) if is_wide else ("outside", outside)
            outcomes += self._fall_back([design], workload, reason, words)
        return outcomes

    def _is_inside(self, design: Design) -> bool:
        try:
            codes = np.array([self.proxy.coding.code(design)])
        except ArchgymError:
            return False
        return bool(self.proxy.is_inside(codes)[0])

    def _fall_back(
        self, designs: Sequence[Design], workload: Any, reason: str, words: str
    ) -> list[Outcome]:
        self.counts[reason] += len(designs)
        if self.fallback is None:
            space = self.proxy.coding.space
            return [_failure(space.validate, design, words) for design in designs]
        default = self.proxy.coding.space.default
        outcomes = self.fallback.evaluate([default | dict(each) for each in designs], workload)
        return [
            outcome if isinstance(outcome, Failure) else {**outcome, PREDICTED: 0.0}
            for outcome in outcomes
        ]


def _failure(validate: Any, design: Design, words: str) -> Failure:
    try:
        validate(design)
    except ArchgymError as error:
        return Failure("invalid", str(error))
    return Failure("unsupported", words)
