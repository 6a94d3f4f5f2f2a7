"""What agents are told of designs, made by hand."""

from typing import Any

import pytest

from archgym import domain
from archgym.evaluation import Evaluated
from archgym.objectives import Objective


class Watched(Objective):
    """Remembers what it was asked for."""

    name = "watched"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def cost(self, metrics: Any, reference: Any) -> float:
        return 1.0

    def goal(self, reference: Any) -> tuple[str, dict[str, float]]:
        return "watched", {}

    def terms(self, metrics: Any) -> dict[str, float]:
        self.asked.append("terms")
        return {"watched": metrics["watched"]}


def test_a_design_and_its_cost_are_enough() -> None:
    told = Evaluated({"Size": 1}, 1.5)
    assert (told.feasible, told.failed) == (True, False)
    assert (told.terms, told.limits) == ({}, ())
    assert told == Evaluated({"Size": 1}, 1.5)
    assert told != Evaluated({"Size": 1}, 1.5, failed=True)
    with pytest.raises(AttributeError):
        told.cost = 1.0  # type: ignore[misc]


def test_terms_are_computed_when_asked_for() -> None:
    objective = Watched()
    told = Evaluated({}, 1.0, measured=(objective, {"watched": 3.0}, {}))
    assert objective.asked == []
    assert told.terms == {"watched": 3.0}
    assert objective.asked == ["terms"]


def test_a_formula_may_have_no_terms() -> None:
    class Silent(Watched):
        terms = Objective.terms

    assert Evaluated({}, 1.0, measured=(Silent(), {}, {})).terms == {}
    assert domain.load().objective("archgym-power").terms({"power_mw": 2.0}) == {"power_mw": 2.0}
