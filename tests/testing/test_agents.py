"""The conformance suite catches agents that break the contract, and says how."""

import dataclasses
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from archgym.agents import Agent, Design, Evaluated, tunable
from archgym.agents.random_search import RandomSearch
from archgym.testing import check_agent


class Unseeded(RandomSearch):
    def __init__(self, space: Any, seed: int, hyperparameters: Any = None) -> None:
        super().__init__(space, seed, hyperparameters)
        self.rng = np.random.default_rng()


class IgnoresSeed(RandomSearch):
    def __init__(self, space: Any, seed: int, hyperparameters: Any = None) -> None:
        super().__init__(space, 0, hyperparameters)


class GlobalState(RandomSearch):
    def ask(self, n: int = 1) -> list[Design]:
        np.random.random()  # noqa: NPY002
        return super().ask(n)


class GlobalStateInSearch(RandomSearch):
    def search(self, problem: Any) -> None:
        random.random()
        super().search(problem)


class UnseededSearch(RandomSearch):
    def search(self, problem: Any) -> None:
        self.rng = np.random.default_rng()
        super().search(problem)


class NeedsNeighbours(RandomSearch):
    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        for evaluated in evaluations:
            self.space.neighbour(evaluated.design, self.rng)


class NeverDone(RandomSearch):
    def search(self, problem: Any) -> None:
        problem.evaluate(self.ask(1))
        super().search(problem)


class Ranks(RandomSearch):
    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        for evaluated in evaluations:
            int(evaluated.cost)


class Generous(RandomSearch):
    def ask(self, n: int = 1) -> list[Design]:
        return super().ask(n + 1)


class OverAsking(RandomSearch):
    def search(self, problem: Any) -> None:
        while problem.remaining:
            problem.evaluate(self.ask(4))


class GivesUp(RandomSearch):
    def search(self, problem: Any) -> None:
        problem.evaluate(self.ask(min(1, problem.remaining)))


class NotANumber(RandomSearch):
    def ask(self, n: int = 1) -> list[Design]:
        return [{**design, "Share": math.nan} for design in super().ask(n)]


class NumpyScalars(RandomSearch):
    def ask(self, n: int = 1) -> list[Design]:
        return [{**design, "Size": np.int64(design["Size"])} for design in super().ask(n)]


class OutOfRange(RandomSearch):
    def ask(self, n: int = 1) -> list[Design]:
        return [{**design, "Size": 65} for design in super().ask(n)]


class Insists(RandomSearch):
    """Believes that it is told exactly what it asked for."""

    def ask(self, n: int = 1) -> list[Design]:
        self.last = super().ask(n)
        return self.last

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        if [evaluated.design for evaluated in evaluations] != self.last:
            raise RuntimeError("who asked for these?")


class Logarithmic(RandomSearch):
    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        for evaluated in evaluations:
            math.log(evaluated.cost)


class Mutates(RandomSearch):
    def __init__(self, space: Any, seed: int, hyperparameters: Any = None) -> None:
        super().__init__(space, seed, hyperparameters)
        self.mine: list[Any] = []

    def ask(self, n: int = 1) -> list[Design]:
        for design in self.mine:
            design["Size"] = 1
        self.mine = super().ask(n)
        return self.mine


class Exhausted(RandomSearch):
    """Never repeats itself, whatever the space."""

    def __init__(self, space: Any, seed: int, hyperparameters: Any = None) -> None:
        super().__init__(space, seed, hyperparameters)
        self.left = space.size

    def ask(self, n: int = 1) -> list[Design]:
        self.left -= n
        return super().ask(n) if self.left >= 0 else []


class Undocumented(RandomSearch):
    @dataclasses.dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        rate: float = dataclasses.field(default=0.1, metadata={"low": 0.0, "high": 1.0})


class Unchecked(RandomSearch):
    @dataclasses.dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        rate: float = tunable(0.1, 0.0, 1.0, "how fast")

        def __post_init__(self) -> None:
            pass


class TrustsTerms(RandomSearch):
    """Believes that every design was measured."""

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        for evaluated in evaluations:
            if evaluated.limits or evaluated.failed:
                evaluated.terms["energy"]


class NeedsLimits(RandomSearch):
    """Once it has seen limits, it expects them of every design."""

    limited = False

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        for evaluated in evaluations:
            self.limited |= bool(evaluated.limits)
            if self.limited and not evaluated.failed:
                float(evaluated.limits[0].excess)


class OnlySearches(Agent):
    """A search that can't be asked and told."""

    def search(self, problem: Any) -> None:
        while problem.remaining:
            problem.evaluate(self.sample(1))


class SpendsLess(OnlySearches):
    def search(self, problem: Any) -> None:
        problem.evaluate(self.sample(min(1, problem.remaining)))


class SearchesForever(OnlySearches):
    def search(self, problem: Any) -> None:
        problem.evaluate(self.sample(problem.remaining + 1))


class SearchesUnseeded(OnlySearches):
    def search(self, problem: Any) -> None:
        self.rng = np.random.default_rng()
        super().search(problem)


class SearchesWithScalars(OnlySearches):
    def search(self, problem: Any) -> None:
        while problem.remaining:
            (design,) = self.sample(1)
            problem.evaluate([{name: as_scalar(value) for name, value in design.items()}])


def as_scalar(value: Any) -> Any:
    return np.int64(value) if type(value) is int else value


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        (Unseeded, "same seed propose different designs"),
        (IgnoresSeed, "different seeds propose the same designs"),
        (GlobalState, "global random state"),
        (GlobalStateInSearch, "global random state in search"),
        (UnseededSearch, "same seed evaluate different designs"),
        (NeedsNeighbours, "does not survive tell of designs of the space point: ArchgymError"),
        (NeverDone, "overspends a budget of 0"),
        (Ranks, "does not survive tell of costs that are not numbers: ValueError"),
        (Generous, r"ask\(1\) returns 2 designs"),
        (OverAsking, "overspends a budget of 1"),
        (GivesUp, "spends 1 of a budget of 5"),
        (NotANumber, "outside the space: Share takes 0.25, 0.5 or 0.75, not nan"),
        (NumpyScalars, r"Size = np.int64\(\d+\), a int64 instead"),
        (OutOfRange, "outside the space: Size takes 1 to 64, not 65"),
        (Insists, "does not survive tell of designs that it did not propose: RuntimeError"),
        (Logarithmic, "does not survive tell of costs that are zero and a penalty: ValueError"),
        (Mutates, "changes designs after proposing them"),
        (Exhausted, r"ask\(2\) returns 0 designs"),
        (TrustsTerms, "does not survive tell of terms, limits and failures: KeyError"),
        (NeedsLimits, "does not survive tell of costs alone after terms and limits: IndexError"),
        (SpendsLess, "spends 1 of a budget of 5"),
        (SearchesForever, "overspends a budget of 1"),
        (SearchesUnseeded, "same seed evaluate different designs"),
        (SearchesWithScalars, r"proposes \w+ = np.int64\(\d+\), a int64 instead"),
        (Undocumented, "hyperparameter rate is not declared"),
        (Unchecked, "accepts rate = nan"),
    ],
)
def test_broken_agent_is_caught(agent: type[Agent], verdict: str) -> None:
    with pytest.raises(AssertionError, match=verdict):
        check_agent(agent)


@pytest.mark.parametrize("agent", [RandomSearch, OnlySearches])
def test_sound_agent_passes(agent: type[Agent]) -> None:
    check_agent(agent)
