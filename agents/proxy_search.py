"""Search on proxies: many designs are put to a model, the most promising ones to the simulator."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from archgym import proxy
from archgym.agents._kriging import Kriging
from archgym.agents.base import Agent, AskTellAgent, file, tunable
from archgym.errors import ArchgymError
from archgym.evaluation import Evaluated
from archgym.objectives import Least, Metrics, Objective
from archgym.parameter import Design
from archgym.proxy.coding import Coding
from archgym.space import DesignSpace
from archgym.space_document import to_document
from archgym.workload import platform_name

if TYPE_CHECKING:
    from archgym.problem import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MARGIN = 0.1
"""How far beyond its limit, in its logarithm, a term is distinguished from worse ones."""


class ProxySearch(AskTellAgent):
    """Confirm, add, retrain: a model learns from what was simulated what is worth simulating next.

    A Gaussian process predicts the logarithm of each term of the objective, so that what is near a
    limit is judged by what is limited and not by its penalty. The design of greatest expected
    improvement, times the probability of keeping the limit, is simulated next; it is sought among
    designs drawn uniformly, mutated from the best, and most promising the last time.

    Given a saved proxy, the process is of how far off that is, so that the first design is what
    the proxy predicts to be best, and a proxy that turns out to be wrong is corrected where
    designs were simulated. A proxy that does not know the workload predicts from the
    default design's measurement, if it was trained for that.

    Without limits, or told of costs alone, it models the cost.

    Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998;
    Schonlau, Welch, Jones, "Global versus Local Search in Constrained Optimization of Computer
    Models", 1998, for limits; Kennedy and O'Hagan, "Predicting the Output from a Complex Computer
    Code When Fast Approximations Are Available", 2000, for the correction of a cheaper model.

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=40)
        >>> agents.make("proxy_search", problem.space, seed=0).search(problem)
        >>> problem.evaluations
        40
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the search."""

        proxy: str = file("a proxy saved by `archgym proxy train` to start from; empty for none")
        initial: int = tunable(10, 1, 10_000, "designs drawn uniformly first, if there is no proxy")
        confirm: int = tunable(1, 1, 10_000, "designs simulated between two trainings, at least")
        pool: int = tunable(2000, 10, 1_000_000, "new designs that the model judges each time")
        modelled: int = tunable(500, 10, 10_000, "designs that the model is trained on, at most")

    hyperparameters: Hyperparameters
    _kept: Ints  # Positions of designs, most promising first, as of the last proposal.

    # How many of the best designs are mutated.
    _LEADERS = 10
    # Beyond so many designs known for each one confirmed, batches grow.
    _PATIENCE = 20
    # How often the first pool is improved; later ones go on from the one before.
    _ROUNDS = 10

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.batch_size = self.hyperparameters.confirm
        self._coding = Coding(space)
        self._allowed = [np.flatnonzero(space.allowed(name)) for name in space.parameters]
        path = self.hyperparameters.proxy
        self._proxy = _load(path, space) if path else None
        self._begin(("", "", Goal()), None)

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` designs, none of them known unless there are no others to be found.

        Raises:
            ArchgymError: There is a proxy to start from, which takes `search` to know what for.
        """
        if self._proxy and not self._prior:
            raise ArchgymError(
                "proxy_search can use a proxy only in search(), where it sees the workload"
            )
        if n == 0:
            return []
        if not self._prior and len(self._costs) < self.hyperparameters.initial:
            return self.sample(n)
        for _ in range(1 if len(self._kept) else self._ROUNDS):
            pool = self._draw_pool()
            codes = self._coding.codes(pool)
            order = np.argsort(-self._promise(codes), kind="stable")
            self._kept = pool[order[: self.hyperparameters.pool // 2]]
        designs: list[Design] = []
        for row in self._kept:
            design = self.space.decode(row)
            # Rules on several parameters are left from the drawing.
            if self.space.infeasibility(design) is None:
                designs.append(design)
            if len(designs) == n:
                break
        return designs + self.sample(n - len(designs))

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns what designs cost, and models each term apart once it is told of limits."""
        for evaluated in evaluations:
            goal = Goal.of(evaluated)
            if goal.limits and goal != self._goal:
                self._aim(goal)
            self._indices.append(self.space.encode(self.space.canonical(evaluated.design)))
            self._costs.append(evaluated.cost)
            self._told.append(evaluated)
            self._terms.append(self._goal.measured(evaluated))

    def search(self, problem: "Problem") -> None:
        """Spends the whole budget of a problem, and models the terms of its objective.

        Raises:
            ArchgymError: The proxy can't tell of the problem's workload or terms.
        """
        default = problem.disclose([problem.default])
        goal = Goal.of(default[0])
        task = problem.workload.id, problem.objective.name, goal
        if task != self._task:  # What is known is of something else.
            self._begin(task, Prior.of(self._proxy, problem, goal) if self._proxy else None)
            self.tell(default)
        while problem.remaining:
            count = max(self.hyperparameters.confirm, len(self._costs) // self._PATIENCE)
            designs = self.ask(min(count, problem.remaining))
            self.tell(problem.disclose(problem.evaluate(designs)))

    def _begin(self, task: tuple[str, str, "Goal"], prior: "Prior | None") -> None:
        """Forgets all that is known, which is of another problem."""
        self._task, self._prior = task, prior
        self._indices: list[Ints] = []
        self._costs: list[float] = []
        self._told: list[Evaluated] = []
        self._kept = np.empty((0, len(self.space)), np.int64)
        self._aim(task[-1])

    def _aim(self, goal: "Goal") -> None:
        """Models other terms of what is known."""
        self._goal = goal
        self._models = [Kriging(self._coding) for _ in range(goal.size)]
        self._terms = [goal.measured(evaluated) for evaluated in self._told]

    def _draw_pool(self) -> Ints:
        """Draws designs that are not known, each once; shape `[n, len(space)]`."""
        half = self.hyperparameters.pool // 2
        uniform, other = (
            np.column_stack([self.rng.choice(values, half) for values in self._allowed])
            for _ in range(2)
        )
        costs = np.nan_to_num(np.array(self._costs), nan=np.inf)
        known = np.array(self._indices)
        best = known[np.argsort(costs, kind="stable")[: self._LEADERS]]
        leaders = np.concatenate([best, self._kept[: self._LEADERS]])
        parents = leaders[self.rng.integers(len(leaders), size=half)]
        change = self.rng.random(parents.shape) < 2 / parents.shape[1]
        pool = np.concatenate([uniform, np.where(change, other, parents), self._kept])
        keys = self._coding.keys(self._coding.codes(pool))
        _, first = np.unique(keys, return_index=True)
        fresh: Ints = first[~np.isin(keys[first], self._coding.keys(self._coding.codes(known)))]
        return pool[np.sort(fresh)]

    def _promise(self, codes: Ints) -> Floats:
        """Returns the logarithm of the improvement to expect of designs, shape `[n]`.

        With limits, it is that times the probability of keeping each; before any design has kept
        all, the probability alone.
        """
        rows = self._modelled()
        known = self._coding.codes(np.array(self._indices)[rows])
        terms = np.array(self._terms)[rows]
        # What is far beyond a limit is of another kind than what has to be told apart.
        near = (terms[:, 1:] <= self._goal.log_limits + _MARGIN).all(axis=1)
        near |= not near.any()
        mean, deviation = self._expect(0, known[near], terms[near, 0], codes)
        log_kept = np.zeros(len(codes))
        for number, limit in enumerate(self._goal.log_limits, start=1):
            limited, doubt = self._expect(number, known, terms[:, number], codes)
            log_kept += log_ndtr((limit - limited) / doubt)
        keeping = (terms[:, 1:] <= self._goal.log_limits).all(axis=1)
        if not keeping.any():
            return log_kept
        return _log_improvement(terms[keeping, 0].min(), mean, deviation) + log_kept

    def _modelled(self) -> Ints:
        """Returns which of the known designs to train on: the first, the best, and others."""
        count, most = len(self._costs), self.hyperparameters.modelled
        if count <= most:
            return np.arange(count)
        order = 1 + np.argsort(np.array(self._costs[1:]), kind="stable")
        others = self.rng.permutation(order[most // 2 :])[: most - most // 2 - 1]
        return np.concatenate([[0], order[: most // 2], others])

    def _expect(
        self, number: int, known: Ints, values: Floats, codes: Ints
    ) -> tuple[Floats, Floats]:
        """Returns means and standard deviations of a term's logarithm.

        Args:
            number: Of the term.
            known: Designs that were simulated, the first of them the default.
            values: Their logarithms of the term, as the goal has them.
            codes: The designs to predict.
        """
        # How bad a bad design is teaches nothing about good ones.
        ceiling = max(float(np.median(values)), float(values[0]))
        if number > 0:
            ceiling = max(ceiling, float(self._goal.log_limits[number - 1]) + _MARGIN)
        values = np.minimum(values, ceiling)
        ones = (np.ones((len(known), 1)), np.ones((len(codes), 1)))
        model = self._models[number]
        if self._prior is None:
            center, scale = float(values.mean()), float(values.std())
            model.fit(known, ones[0], values - center, scale or 1.0)
            mean, deviation = model.predict(codes, ones[1])
            return mean + center, deviation
        guesses = [np.minimum(self._prior(each)[number], ceiling) for each in (known, codes)]
        trends = [
            np.hstack([one, guess[:, None] - guesses[0][0]])
            for one, guess in zip(ones, guesses, strict=True)
        ]
        model.fit(known, trends[0], values - guesses[0], self._prior.ERROR)
        mean, deviation = model.predict(codes, trends[1])
        return mean + guesses[1], deviation


@dataclass(frozen=True)
class Prior:
    """What a proxy says of a problem, before anything is simulated.

    Attributes:
        bound: The proxy for the problem's workload.
        goal: What is asked of it.
        inside: Tells which designs have no value that the proxy has never seen.
        objective: What the goal is of.
        reference: What the default design measured.
    """

    bound: proxy.Bound
    goal: "Goal"
    inside: Callable[[Ints], NDArray[np.bool_]]
    objective: Objective
    reference: Metrics

    # How far off its logarithms are expected to be, until something is simulated: few percent, so
    # that what it predicts to be best is tried first.
    ERROR: ClassVar[float] = 0.03

    @classmethod
    def of(cls, known: proxy.Proxy, problem: "Problem", goal: "Goal") -> "Prior":
        """Binds a proxy to a problem.

        Raises:
            ArchgymError: It does not know the workload and is for known ones only or for other
                devices, or does not predict what the objective needs.
        """
        workload: Any = problem.workload
        reference = problem.default.metrics or {}
        if workload.id in known.known:
            bound = known.on(workload.id)
        else:
            system = platform_name(workload.id)
            systems = sorted({facts.system for facts in known.facts.values()})
            if system not in systems:
                raise ArchgymError(f"the proxy is for {', '.join(systems)}, not {system}")
            anchor = {name: reference[name] for name in known.metrics if name in reference}
            bound = known.on_new(proxy.Facts(workload.id, anchor, tuple(workload.features), system))
        prior = cls(bound, goal, known.is_inside, problem.objective, reference)
        try:
            prior(known.coding.codes(problem.space.encode(problem.space.default)[None]))
        except ArchgymError as error:
            raise ArchgymError(f"the proxy predicts {', '.join(known.metrics)}: {error}") from error
        return prior

    def __call__(self, codes: Ints) -> Floats:
        """Returns the logarithms of the goal's terms of designs, shape `[terms, n]`."""
        values = self.bound.predict(codes)
        if self.goal.limits or isinstance(self.objective, Least):
            columns: Any = dict(zip(self.bound.metrics, values.T, strict=True))
            least = next(iter(self.objective.terms(columns).values()))
            limited = self.objective.reached(columns, self.reference)
            terms = np.array([least, *(each.value for each in limited)])
        else:
            rows = (dict(zip(self.bound.metrics, row, strict=True)) for row in values.tolist())
            terms = np.array([[self.objective.cost(row, self.reference) for row in rows]])
        logs: Floats = self.goal.signs[:, None] * np.log(np.maximum(terms, 1e-300))
        # Of values that it has never seen, a proxy says anything.
        inside = self.inside(codes)
        if not inside.all():
            logs[:, ~inside] = logs[:, inside].mean(axis=1, keepdims=True) if inside.any() else 0.0
        return logs


@dataclass(frozen=True)
class Goal:
    """What is modelled: logarithms, negative where more is better.

    Where there are limits, they are of the term to minimise and of those that are limited; else,
    of the cost.

    Attributes:
        limits: Of each limit, its name, what the term has to be in its unit, and whether it has to
            be at least that much.
    """

    limits: tuple[tuple[str, float, bool], ...] = ()

    @classmethod
    def of(cls, evaluated: Evaluated) -> "Goal":
        """Returns what can be modelled of designs like one that was evaluated."""
        if not evaluated.terms:
            return cls()
        return cls(tuple((each.name, each.bound, each.is_floor) for each in evaluated.limits))

    @property
    def size(self) -> int:
        """How many things are modelled."""
        return 1 + len(self.limits)

    @cached_property
    def signs(self) -> Floats:
        """1 for each term of which less is better, else -1; shape `[size]`."""
        return np.array([1.0, *(-1.0 if is_floor else 1.0 for _, _, is_floor in self.limits)])

    @cached_property
    def log_limits(self) -> Floats:
        """What the terms but the first have to be at most; shape `[size - 1]`."""
        bounds: Floats = np.log([bound for _, bound, _ in self.limits])
        return self.signs[1:] * bounds

    def measured(self, evaluated: Evaluated) -> list[float]:
        """Returns what is modelled of a design; without its terms, it is as bad as its cost."""
        if not self.limits or Goal.of(evaluated) != self:
            return [_log(evaluated.cost)] * self.size
        least = next(iter(evaluated.terms.values()))
        terms = [least, *(each.value for each in evaluated.limits)]
        return [float(sign * _log(term)) for sign, term in zip(self.signs, terms, strict=True)]


def _log(value: float) -> float:
    """Returns a logarithm that is finite: what is no number is worse than anything."""
    return math.log(min(max(value, 1e-300), 1e300)) if not math.isnan(value) else math.log(1e300)


def _log_improvement(best: float, mean: Floats, deviation: Floats) -> Floats:
    """Returns the logarithm of the improvement on `best` to expect, exact where it is tiny."""
    z = (best - mean) / deviation
    density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    # Where z is far below 0, the difference of the two terms vanishes; z**-2 is its limit.
    near = np.exp(density) + z * np.exp(log_ndtr(z))
    far: Floats = density - 2 * np.log(np.maximum(np.abs(z), 1.0))
    return np.log(deviation) + np.where(z > -5, np.log(np.maximum(near, 1e-300)), far)


def _load(path: str, space: DesignSpace) -> proxy.Proxy:
    """Reads a proxy of a space.

    Raises:
        ArchgymError: There is none, or it is of another space.
    """
    found = proxy.load(path)
    own, other = to_document(space), to_document(found.coding.space)
    # Which designs are ruled out may differ: a table has those that lose data.
    if any(own[part] != other[part] for part in ("parameters", "active")):
        raise ArchgymError(
            f"the proxy {path} is of space {found.coding.space.name}, whose parameters are not "
            f"those of {space.name}"
        )
    return found
