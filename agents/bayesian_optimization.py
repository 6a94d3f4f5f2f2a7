"""Bayesian optimisation: a model of the cost says which design is likely to improve on the best."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import skopt.learning
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.exceptions import ConvergenceWarning
from skopt.acquisition import gaussian_ei, gaussian_lcb, gaussian_pi
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

from archgym.agents.base import Agent, AskTellAgent, choice, tunable, worst_if_nan
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace

Key = tuple[Any, ...]


class _Candidate(NamedTuple):
    """A design that may be proposed, in canonical form, and its point in the unit cube."""

    design: Design
    point: NDArray[np.float64]


class BayesianOptimization(AskTellAgent):
    """Fits a surrogate to the costs and proposes the design that it finds most promising.

    The surrogate learns the *ranks* of the costs, made normal: they are the same for any monotone
    scale of the cost, and a penalty of any size cannot drown the differences that matter. Extra
    trees are the default since controllers mix policies and sizes, and because they cost a small
    part of what a Gaussian process does. The acquisition function (by default, the improvement to
    expect) is compared over a pool of designs: the most promising of the last time, some new ones
    and some varied from the best. No design is proposed twice until the space is exhausted. Designs
    that were asked for and not told yet count as average, so that a batch spreads out.

    Jones, Schonlau and Welch, "Efficient Global Optimization of Expensive Black-Box Functions",
    Journal of Global Optimization 13, 1998; Hutter, Hoos and Leyton-Brown, "Sequential Model-Based
    Optimization for General Algorithm Configuration", LION 5, 2011 (trees, local candidates);
    Srinivas et al., "Gaussian Process Optimization in the Bandit Setting", ICML 2010 (confidence
    bound); Ginsbourger, Le Riche and Carraro, "Kriging Is Well-Suited to Parallelize
    Optimization", 2010 (constant liar).

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> space = archgym.make_space("archgym")
        >>> agent = agents.make("bayesian_optimization", space, seed=0, initial=4)
        >>> agent.tell(list(map(agents.Evaluated, agent.ask(4), [4.0, 3.0, 2.0, 1.0])))
        >>> len(agent.ask(1))
        1
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the model and of the search for its best candidate."""

        surrogate: str = choice(
            "extra_trees",
            ("extra_trees", "random_forest", "gaussian_process"),
            "the model of the cost",
        )
        initial: int = tunable(5, 1, 10_000, "designs drawn uniformly before the model is used")
        trees: int = tunable(20, 2, 1_000, "trees of a forest")
        leaf: int = tunable(2, 1, 100, "fewest designs in a leaf of a tree")
        fresh: int = tunable(100, 1, 100_000, "candidates drawn uniformly for each proposal")
        varied: int = tunable(50, 0, 100_000, "candidates varied from the best, likewise")
        kept: int = tunable(200, 0, 100_000, "candidates of the last proposal considered again")
        acquisition: str = choice(
            "expected_improvement",
            ("expected_improvement", "confidence_bound", "probability_of_improvement"),
            "what makes a design promising",
        )
        exploration: float = tunable(
            0.0, 0.0, 10.0, "improvement asked for, in standard deviations of the costs' ranks"
        )
        confidence: float = tunable(
            1.96, 0.0, 100.0, "standard deviations below the model that confidence_bound looks at"
        )

    hyperparameters: Hyperparameters
    # How many of the best designs, and of the best candidates, are varied.
    _LEADERS = 5
    # A model serves until it lacks this share of what is known: one design more teaches it little
    # once there are hundreds.
    _NEWS = 0.02

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self._told: list[_Candidate] = []
        self._costs: list[float] = []
        self._pending: dict[Key, _Candidate] = {}
        self._pool: dict[Key, _Candidate] = {}  # Most promising first, as of the last proposal.
        self._modelled = 0  # How many designs the pool's order took into account.
        self._seen: set[Key] = set()
        self._unseen = space.count_feasible()

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` designs, one after the other."""
        return [self._propose() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Adds what designs cost to what the next model will be fitted to."""
        for evaluated in evaluations:
            key, candidate = self._candidate(evaluated.design)
            self._told.append(candidate)
            self._costs.append(worst_if_nan(evaluated.cost))
            self._pending.pop(key, None)
            self._mark(key, candidate)

    def _propose(self) -> Design:
        if self._unseen <= 0:
            best = self._told[int(np.argmin(self._costs))].design if self._told else None
            return best or self.sample(1)[0]
        if not self._costs or len(self._told) + len(self._pending) < self.hyperparameters.initial:
            key, candidate = self._draw()
        else:
            known = len(self._told) + len(self._pending)
            if not self._pool or known - self._modelled >= self._NEWS * known:
                self._refill()
                self._rank_pool()
                self._modelled = known
            key, candidate = next(iter(self._pool.items()))
        self._pending[key] = candidate
        self._mark(key, candidate)
        return candidate.design

    def _rank_pool(self) -> None:
        """Sorts the pool by promise and forgets the least promising."""
        keys, candidates = list(self._pool), list(self._pool.values())
        known = [*self._told, *self._pending.values()]
        scores = norm.ppf((rankdata(self._costs) - 0.5) / len(self._costs))
        # The mean of the scores is 0: what a pending design is taken for.
        scores = np.append(scores, np.zeros(len(self._pending)))
        model = self._surrogate()
        with warnings.catch_warnings():
            # A Gaussian process may find a parameter irrelevant, at the bound of its length scale.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(_matrix(known), scores)
        promise = self._promise(model, _matrix(candidates), scores.min())
        order = np.argsort(-promise, kind="stable")[: self.hyperparameters.kept + 1]
        self._pool = {keys[index]: candidates[index] for index in order}

    def _promise(self, model: Any, points: NDArray[np.float64], best: float) -> NDArray[np.float64]:
        """Returns the acquisition function at points of shape `[n, len(space)]`; shape `[n]`."""
        settings = self.hyperparameters
        promise: NDArray[np.float64]
        if settings.acquisition == "confidence_bound":
            promise = -gaussian_lcb(points, model, kappa=settings.confidence)
        elif settings.acquisition == "probability_of_improvement":
            promise = gaussian_pi(points, model, best, xi=settings.exploration)
        else:
            promise = gaussian_ei(points, model, best, xi=settings.exploration)
        return promise

    def _surrogate(self) -> Any:
        settings = self.hyperparameters
        seed = int(self.rng.integers(2**31))
        if settings.surrogate == "gaussian_process":
            kernel = ConstantKernel(1.0, (0.01, 100.0)) * Matern(1.0, (0.1, 10.0), nu=2.5)
            return skopt.learning.GaussianProcessRegressor(
                kernel, noise="gaussian", normalize_y=True, random_state=seed
            )
        forest = {
            "extra_trees": skopt.learning.ExtraTreesRegressor,
            "random_forest": skopt.learning.RandomForestRegressor,
        }[settings.surrogate]
        return forest(
            n_estimators=settings.trees, min_samples_leaf=settings.leaf, random_state=seed, n_jobs=1
        )

    # Candidates

    def _refill(self) -> None:
        """Adds new candidates to the pool, at least one of them unseen."""
        fresh = self.space.sample(self.rng, self.hyperparameters.fresh)
        leaders = [self._told[index] for index in np.argsort(self._costs, kind="stable")]
        leaders = leaders[: self._LEADERS] + list(self._pool.values())[: self._LEADERS]
        varied = [
            self._vary(leaders[self.rng.integers(len(leaders))].design, donor)
            for donor in self.space.sample(self.rng, self.hyperparameters.varied)
        ]
        for design in fresh + varied:
            key, candidate = self._candidate(design)
            if key not in self._seen and self.space.infeasibility(candidate.design) is None:
                self._pool[key] = candidate
        if not self._pool:
            key, candidate = self._draw()
            self._pool[key] = candidate

    def _vary(self, design: Design, donor: Design) -> dict[str, Any]:
        """Takes the values of one or two parameters from another design."""
        names = list(self.space.parameters)
        changed = {names[self.rng.integers(len(names))] for _ in range(2)}
        return {name: (donor if name in changed else design)[name] for name in names}

    def _draw(self) -> tuple[Key, _Candidate]:
        """Draws an unseen design uniformly, however rare those have become."""
        while True:
            key, candidate = self._candidate(self.sample(1)[0])
            if key not in self._seen:
                return key, candidate

    def _candidate(self, design: Design) -> tuple[Key, _Candidate]:
        canonical = self.space.canonical(design)
        return tuple(canonical.values()), _Candidate(canonical, self.space.to_unit(canonical))

    def _mark(self, key: Key, candidate: _Candidate) -> None:
        self._pool.pop(key, None)
        if key not in self._seen:
            self._seen.add(key)
            self._unseen -= self.space.infeasibility(candidate.design) is None


def _matrix(candidates: Sequence[_Candidate]) -> NDArray[np.float64]:
    return np.stack([candidate.point for candidate in candidates])
