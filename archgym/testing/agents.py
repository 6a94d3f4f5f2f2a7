"""The conformance suite of agents: what any agent must do, ours or a third party's.

Each check is a plain function that takes an agent's class and raises `AssertionError` with one
sentence, so that any test runner will do; `check_agent` runs them all:

```python
from archgym.testing import check_agent

def test_conformance():
    check_agent(MyAgent)
```
"""

import copy
import dataclasses
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from archgym.agents import Agent, AskTellAgent, Evaluated, configure
from archgym.condition import Condition
from archgym.errors import ArchgymError
from archgym.parameter import Design, Parameter
from archgym.problem import BudgetExhausted, Evaluation, Problem
from archgym.space import DesignSpace
from archgym.testing.formula import FormulaSimulator, FormulaWorkload

AnyAgent = TypeVar("AnyAgent", bound=Agent)

# Sizes and policies, a parameter without effect under some policy, and a policy that is ruled out.
SPACE = DesignSpace(
    "conformance",
    [
        Parameter("Policy", ("Open", "Closed", "Adaptive", "Lossy"), "Open"),
        Parameter("Size", range(1, 65), 8, ordered=True),
        Parameter("Limit", (1, 2, 4, 8), 2, ordered=True),
        Parameter("Share", (0.25, 0.5, 0.75), 0.5, ordered=True),
        Parameter("Reorder", (False, True), False),
    ],
    active={"Limit": Condition("Policy", not_in=("Open",))},
    infeasible={Condition("Policy", one_of=("Lossy",)): "loses data"},
)

# Nothing to search: one point, with a parameter that would never have an effect.
POINT_SPACE = DesignSpace(
    "point",
    [Parameter("Policy", ("Open",), "Open"), Parameter("Limit", (4,), 4, ordered=True)],
    active={"Limit": Condition("Policy", not_in=("Open",))},
)

# So few designs that any search repeats itself.
TINY_SPACE = DesignSpace(
    "tiny",
    [Parameter("Policy", ("Open", "Closed"), "Open"), Parameter("Size", (1, 2), 1, ordered=True)],
)


def check_agent(agent: type[Agent]) -> None:
    """Runs the whole suite on an agent with its default hyperparameters; takes seconds.

    An agent that can only search is not asked and told.

    Raises:
        AssertionError: The agent breaks the contract.
    """
    check_hyperparameters(agent)
    if issubclass(agent, AskTellAgent):
        check_designs(agent)
        check_seed(agent)
        check_any_order(agent)
        check_costs(agent)
        check_limits(agent)
        check_small_space(agent)
    check_budget(agent)
    check_search(agent)


def check_hyperparameters(agent: type[Agent]) -> None:
    """Checks that every setting is declared with a range and refused outside it."""
    for field in dataclasses.fields(agent.Hyperparameters):
        where = f"{agent.__name__}: hyperparameter {field.name}"
        documented = field.metadata.get("doc")
        assert documented, f"{where} is not declared with tunable() or choice() and a doc"
        bad: Any = "no such option" if "options" in field.metadata else math.nan
        for name, value in ((field.name, bad), (f"{field.name}_misspelt", field.default)):
            try:
                configure(agent, {name: value})
            except ArchgymError:
                continue
            raise AssertionError(f"{where} accepts {name} = {value!r}")
    with _runs(agent, "its default hyperparameters"):
        configure(agent, {})


def check_designs(agent: type[AskTellAgent]) -> None:
    """Checks that `ask(n)` returns `n` designs of the space, in plain Python values."""
    searcher = _make(agent)
    for n in (1, 0, 7, 2, 33):
        designs = _ask(searcher, n)
        with _runs(agent, f"tell of {n} designs"):
            searcher.tell(_evaluated(designs))


def check_seed(agent: type[AskTellAgent]) -> None:
    """Checks that the seed alone decides, and that no global random state is touched."""
    before = _global_states()
    first, second, other = (_trajectory(agent, seed) for seed in (1, 1, 2))
    name = agent.__name__
    assert first == second, f"{name}: two searches with the same seed propose different designs"
    assert first != other, f"{name}: searches with different seeds propose the same designs"
    assert before == _global_states(), f"{name} uses a global random state; use self.rng"


def check_any_order(agent: type[AskTellAgent]) -> None:
    """Checks that asking and telling need not alternate, nor match."""
    searcher = _make(agent)
    for _ in range(30):
        _ask(searcher, 2)
    strange = SPACE.sample(np.random.default_rng(0), 30)
    with _runs(agent, "tell of designs that it did not propose"):
        searcher.tell(_evaluated(strange))
    _ask(searcher, 5)
    with _runs(agent, "tell of the same designs again"):
        searcher.tell(_evaluated(strange[:3]) * 2)
    with _runs(agent, "tell of nothing"):
        searcher.tell([])
    designs = _ask(searcher, 5)
    untouched = copy.deepcopy(designs)
    with _runs(agent, "tell of only some of what it proposed"):
        searcher.tell(_evaluated(designs[:2]))
    _ask(searcher, 5)
    assert designs == untouched, f"{agent.__name__} changes designs after proposing them"


def check_costs(agent: type[AskTellAgent]) -> None:
    """Checks that it survives costs that are all alike, or tiny, or huge, or no numbers."""
    for kind, costs in {
        "equal": (1.0,),
        "tiny and huge": (1e-12, 1e12),
        "zero and a penalty": (0.0, 10.0),
        "not numbers": (math.nan, math.inf),
        "numbers now and then": (1.0, math.nan, 2.0, math.inf),
    }.items():
        searcher = _make(agent)
        for step in range(7):
            designs = _ask(searcher, 3)
            with _runs(agent, f"tell of costs that are {kind}"):
                searcher.tell(
                    [
                        Evaluated(design, costs[(step + i) % len(costs)])
                        for i, design in enumerate(designs)
                    ]
                )


def check_limits(agent: type[AskTellAgent]) -> None:
    """Checks that it can be told of terms and limits, of failures, and then of bare costs again."""
    problem = _problem(SPACE, 60, _LIMITED)
    searcher = _make(agent)
    for step in range(6):
        designs = [*_ask(searcher, 5), *_failing(step)]
        evaluated = problem.disclose(problem.evaluate(designs))
        with _runs(agent, "tell of terms, limits and failures"):
            searcher.tell(evaluated)
        if step > 2:
            with _runs(agent, "tell of costs alone after terms and limits"):
                searcher.tell(_evaluated(_ask(searcher, 2)))


def check_small_space(agent: type[AskTellAgent]) -> None:
    """Checks that it still answers when every design of a space is known, be there only one."""
    for space in (TINY_SPACE, POINT_SPACE):
        searcher = _make(agent, space=space)
        for _ in range(20):
            designs = _ask(searcher, 2)
            with _runs(agent, f"tell of designs of the space {space.name}"):
                searcher.tell(
                    [Evaluated(design, float(design.get("Size", 1))) for design in designs]
                )


def check_budget(agent: type[Agent]) -> None:
    """Checks that `search` spends the budget to the last evaluation and asks for no more.

    Some of the designs fail, as in a real simulator, and some have metrics that are no numbers.
    """
    for budget in (1, 5, 30):
        for space in (SPACE, POINT_SPACE):
            _check_budget(agent, _problem(space, budget), budget)
    _check_budget(agent, _problem(SPACE, 30, _LIMITED), 30)


def _check_budget(agent: type[Agent], problem: "_RecordingProblem", budget: int) -> None:
    searcher = _make(agent, space=problem.space)
    # The second time there is nothing left to spend.
    for left in (budget, 0):
        try:
            with _runs(agent, f"search with a budget of {left}"):
                searcher.search(problem)
        except BudgetExhausted as error:
            raise AssertionError(
                f"{agent.__name__} overspends a budget of {left}: {error}"
            ) from error
        spent = problem.evaluations
        assert spent == budget, f"{agent.__name__} spends {spent} of a budget of {budget}"
    _check_plain(agent, problem.evaluated)


def check_search(agent: type[Agent]) -> None:
    """Checks that the seed alone decides how it searches, and no global random state is touched."""
    before = _global_states()
    first, second, other = (_searched(agent, seed) for seed in (1, 1, 2))
    name = agent.__name__
    assert first == second, f"{name}: two searches with the same seed evaluate different designs"
    assert first != other, f"{name}: searches with different seeds evaluate the same designs"
    assert before == _global_states(), f"{name} uses a global random state in search"


class _RecordingProblem(Problem):
    """Remembers what was evaluated."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.evaluated: list[dict[str, Any]] = []

    def evaluate(self, designs: Sequence[Design]) -> list[Evaluation]:
        evaluations = super().evaluate(designs)
        self.evaluated += [dict(design) for design in designs]
        return evaluations


_LIMITED = "energy with runtime <= 0.9x"


def _problem(space: DesignSpace, budget: int, objective: str = "runtime") -> _RecordingProblem:
    formula = (
        example_metrics if space is SPACE else lambda _: {"runtime_ns": 1.0, "refresh_debt_ns": 0.0}
    )
    simulator = FormulaSimulator(space, formula)
    return _RecordingProblem(space, FormulaWorkload(), objective, simulator, budget=budget)


def _searched(agent: type[Agent], seed: int) -> list[dict[str, Any]]:
    problem = _problem(SPACE, budget=45)
    _make(agent, seed).search(problem)
    return problem.evaluated


def _global_states() -> tuple[str, str]:
    return repr(np.random.get_state()), repr(random.getstate())  # noqa: NPY002


def example_metrics(design: Design) -> dict[str, float] | None:
    """A controller, more or less; it fails in a corner, and measures nothing in another."""
    if design["Policy"] == "Adaptive" and design["Size"] > 60:
        return None
    if design["Policy"] == "Closed" and design["Size"] > 60:
        return {"runtime_ns": math.nan, "refresh_debt_ns": 0.0, "energy_nj": math.nan}
    return {
        "runtime_ns": 1000 * example_cost(design),
        "refresh_debt_ns": 0.0,
        "energy_nj": 10.0 * design["Size"],
    }


def _failing(step: int) -> list[Design]:
    """One of each kind: lossy, crashing, without numbers."""
    size = 61 + step % 4
    return [{"Policy": policy, "Size": size} for policy in ("Lossy", "Adaptive", "Closed")]


def _evaluated(designs: Sequence[Design]) -> list[Evaluated]:
    return [Evaluated(design, example_cost(design)) for design in designs]


def example_cost(design: Design) -> float:
    """A cost in which every parameter matters, the sizes less and less."""
    policy: float = {"Open": 1.0, "Closed": 1.3, "Adaptive": 0.9, "Lossy": 10.0}[design["Policy"]]
    limit = 0.0 if design["Policy"] == "Open" else 0.1 / design["Limit"]
    reorder = 0.05 if design["Reorder"] else 0.0
    size, share = float(design["Size"]), float(design["Share"])
    return policy + limit + reorder + 1 / size + (share - 0.5) ** 2


def _make(agent: type[AnyAgent], seed: int = 0, space: DesignSpace = SPACE) -> AnyAgent:
    with _runs(agent, "being made from a space and a seed"):
        return agent(space, seed)


def _ask(searcher: AskTellAgent, n: int) -> Sequence[Design]:
    """Asks for designs and checks them."""
    name = type(searcher).__name__
    with _runs(type(searcher), f"ask({n})"):
        designs = searcher.ask(n)
    assert len(designs) == n, f"{name}: ask({n}) returns {len(designs)} designs"
    for design in designs:
        try:
            searcher.space.validate(design)
        except ArchgymError as error:
            raise AssertionError(f"{name} proposes a design outside the space: {error}") from error
    _check_plain(type(searcher), designs)
    return designs


def _check_plain(agent: type[Agent], designs: Sequence[Design]) -> None:
    """Checks that values are those of the parameters, and not NumPy's."""
    for design in designs:
        for parameter, value in design.items():
            plain = isinstance(value, (str, int, float)) and not isinstance(value, np.generic)
            assert plain, (
                f"{agent.__name__} proposes {parameter} = {value!r}, a {type(value).__name__} "
                "instead of the parameter's own value"
            )


def _trajectory(agent: type[AskTellAgent], seed: int) -> list[dict[str, Any]]:
    searcher = _make(agent, seed)
    proposed: list[dict[str, Any]] = []
    for _ in range(5):
        designs = _ask(searcher, 4)
        proposed += [dict(design) for design in designs]
        searcher.tell(_evaluated(designs))
    return proposed


@contextmanager
def _runs(agent: type[Agent], what: str) -> Iterator[None]:
    """Turns whatever is raised inside into the suite's verdict."""
    try:
        yield
    except (AssertionError, BudgetExhausted):
        raise
    except Exception as error:
        raise AssertionError(
            f"{agent.__name__} does not survive {what}: {type(error).__name__}: {error}"
        ) from error
