"""The conformance suite passes the native simulator and catches ones that break the contract."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from archgym import simulators
from archgym.dram.workload import Workload
from archgym.parameter import Design, Parameter
from archgym.simulator import Failure, Outcome, Simulator
from archgym.testing import check_simulator


def test_native_passes() -> None:
    check_simulator(simulators.make("native"), Workload.load("mixed", requests=200))


class Sound(Simulator):
    """A formula; each broken simulator below changes one thing about it."""

    name = "sound"
    version = "1"
    parameters = {
        "Policy": Parameter("Policy", ("Open", "Closed"), "Open"),
        "Size": Parameter("Size", range(1, 9), 4, ordered=True),
    }
    standards = frozenset({"DDR4"})
    metrics = frozenset({"runtime_ns"})

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        return [self.run(design) for design in designs]

    def run(self, design: Design) -> Outcome:
        for name, value in design.items():
            if name not in self.parameters or value not in self.parameters[name].values:
                return Failure("invalid", f"{name} can't be {value}")
        slow = 100.0 if design.get("Policy", "Open") == "Closed" else 0.0
        return {"runtime_ns": slow + 10 / design.get("Size", 4)}


def changed(change: Callable[[Outcome, int], Outcome]) -> Sound:
    """A simulator whose outcome is changed, given how often it has run before."""
    counter = itertools.count()

    class Changed(Sound):
        def run(self, design: Design) -> Outcome:
            outcome = super().run(design)
            return change(outcome, next(counter))

    return Changed()


def replace(value: Any) -> Callable[[Outcome, int], Outcome]:
    return lambda outcome, _: outcome if isinstance(outcome, Failure) else {"runtime_ns": value}


class Stateful(Sound):
    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        outcomes = super().evaluate(designs, workload)
        return outcomes[:1] + [
            {"runtime_ns": 1.0} if isinstance(outcome, dict) else outcome
            for outcome in outcomes[1:]
        ]


class Raises(Sound):
    def run(self, design: Design) -> Outcome:
        if "NoSuchParameter" in design:
            raise KeyError("NoSuchParameter")
        return super().run(design)


class Forgiving(Sound):
    def run(self, design: Design) -> Outcome:
        known = {name: value for name, value in design.items() if name in self.parameters}
        return super().run(known)


class Skips(Sound):
    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        outcomes = super().evaluate(designs, workload)
        return [outcome for outcome in outcomes if not isinstance(outcome, Failure)]


class OtherDefault(Sound):
    parameters = Sound.parameters | {"Size": Parameter("Size", range(1, 9), 8, ordered=True)}


class Writes(Sound):
    def evaluate(self, designs: Sequence[Any], workload: Any) -> list[Outcome]:
        for design in designs:
            design.setdefault("Policy", "Open")
        return super().evaluate(designs, workload)


class Nameless(Sound):
    version = ""


@pytest.mark.parametrize(
    ("simulator", "verdict"),
    [
        (changed(lambda outcome, n: {"runtime_ns": float(n)}), "not deterministic"),
        (changed(replace(float("nan"))), "runtime_ns is nan"),
        (changed(replace("fast")), "is a str, not a plain number"),
        (changed(lambda outcome, _: {"speed": 1.0}), "speed is not among"),
        (Stateful(), "order of the batch"),
        (Raises(), "raises KeyError instead of returning a failure"),
        (Forgiving(), "an outcome instead of a failure"),
        (Skips(), "returns 2 outcomes for 3 designs"),
        (OtherDefault(), "differs from the documented defaults"),
        (Writes(), "changes the designs"),
        (Nameless(), "states no version"),
    ],
)
def test_broken_simulator_is_caught(simulator: Simulator, verdict: str) -> None:
    with pytest.raises(AssertionError, match=verdict):
        check_simulator(simulator, None)


def test_sound_simulator_passes() -> None:
    check_simulator(Sound(), None)
