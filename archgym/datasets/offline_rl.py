"""Writes datasets for offline reinforcement learning, in Minari's format.

Younis et al., "Minari", Farama Foundation, 2024: https://minari.farama.org.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archgym import domain as domains
from archgym.datasets.collection import Dataset
from archgym.datasets.export import new_folder
from archgym.domain import Domain
from archgym.envs.columns import sufficient_version
from archgym.envs.interface import Interface
from archgym.errors import ArchgymError
from archgym.extras import needed_by
from archgym.parameter import Design
from archgym.problem import Evaluation, Problem
from archgym.proxy.workloads import Facts
from archgym.simulator import Outcome, Simulator
from archgym.space import DesignSpace

if TYPE_CHECKING:
    from minari.data_collector import EpisodeBuffer


def to_minari(whole: Dataset, folder: str | Path, objective: str | None = None) -> None:
    """Writes each row as an episode of one step of an environment like `archgym/DRAM-v0`, at once.

    It is of the first version that shows what the objective is about.

    It begins with what the environment shows after a reset; the action has the index of the value
    of each parameter; then come the reward, and what the environment shows after the step.

    `minari.load_dataset(NAME)` finds it when `MINARI_DATASETS_PATH` is the folder around `folder`,
    whose name is NAME. An episode takes 15 kB, since Minari keeps each apart.

    Args:
        whole: Data of one space, on any workloads.
        folder: A folder that is not there yet, with a name that Minari takes, e.g. `cloud-1-v0`.
        objective: What to reward; by default what each row was evaluated for.

    Raises:
        ArchgymError: Minari can't be imported, the folder exists, has another name or can't be
            written, or the data are of several spaces or lack what an environment shows.
    """
    with needed_by("format 'minari'"):
        import h5py  # noqa: F401 - what Minari writes with
        import minari
        from minari.dataset.minari_storage import MinariStorage
    folder = Path(folder)
    if not re.fullmatch(r"[-\w]+-v\d+", folder.name):
        raise ArchgymError(f"Minari takes names like cloud-1-v0 for a dataset, not {folder.name}")
    views = _Views(whole, objective)
    first = views.of(whole.frame.head(1).to_dict("records")[0])
    with new_folder(folder) as temporary:
        storage = MinariStorage.new(
            (temporary / "data").absolute(),  # It would misread a relative one.
            observation_space=first.interface.observation_space,
            action_space=first.interface.action_space,
        )
        agents = set(whole.frame["agent"].dropna()) if "agent" in whole.frame else set()
        storage.update_metadata(
            {
                "dataset_id": folder.name,
                "minari_version": minari.__version__,
                "algorithm_name": ", ".join(sorted(map(str, agents))),
                "description": f"Designs of domain {whole.domain}, evaluated by archgym; each an "
                f"episode of one step, observed by version {first.version} of the environments. "
                f"Content {whole.sha256}.",
            }
        )
        storage.update_episodes(views.episodes())


class _View:
    """What the environment shows of one workload and objective.

    Args:
        space: The space of the designs.
        facts: What is known of the workload.
        objective: The objective.
        domain: The domain.
    """

    def __init__(self, space: DesignSpace, facts: Facts, objective: str, domain: Domain) -> None:
        self.problem = Problem(space, facts, objective, _Anchor(space, facts), domain=domain)
        self.version = sufficient_version(self.problem)
        self.interface = Interface(self.problem, horizon=1, version=self.version)
        (self.first,) = self.interface.observe([self.problem.default], 0)

    def episode(self, row: Mapping[Any, Any]) -> "EpisodeBuffer":
        """Returns the episode that a row is."""
        from minari.data_collector import EpisodeBuffer

        space = self.problem.space
        design = space.validate({name: row[f"param.{name}"] for name in space.parameters})
        metrics = {
            name.removeprefix("metric."): value
            for name, value in row.items()
            if name.startswith("metric.") and value == value
        }
        objective, reference = self.problem.objective, self.problem.default.metrics or {}
        evaluation = Evaluation(
            design=design,
            canonical=space.reset_inactive(design),
            metrics=metrics or None,
            cost=objective.cost(metrics, reference) if metrics else np.inf,
            feasible=row["feasible"],
            failure=row["failure"],
            cached=False,
            step=0,
            violation=objective.violation(metrics, reference) if metrics else np.inf,
        )
        (last,) = self.interface.observe([evaluation], 1)
        return EpisodeBuffer(
            observations=np.stack([self.first, last]),
            actions=space.encode(design)[None],
            rewards=[self.interface.reward(evaluation)],
            terminations=[True],
            truncations=[False],
        )


class _Views:
    """The views of all rows.

    Args:
        whole: The rows.
        objective: Of all of them; `None` for as each says.
    """

    def __init__(self, whole: Dataset, objective: str | None) -> None:
        self._whole = whole
        self._domain = domains.load(whole.domain)
        self._space = whole.space()
        self._objective = objective
        self._made: dict[tuple[str, str], _View] = {}

    def of(self, row: Mapping[Any, Any]) -> _View:
        """Returns the view of a row.

        Raises:
            ArchgymError: It is not known what the environment would show.
        """
        stored = row.get("objective")
        own = self._domain.respell(stored) if isinstance(stored, str) else None
        objective = self._objective or own
        if objective is None:
            raise ArchgymError("the data are for no objective; name one to reward")
        key = (row["workload"], objective)
        if key not in self._made:
            self._made[key] = _View(
                self._space, self._facts(row["workload"]), objective, self._domain
            )
        return self._made[key]

    def episodes(self) -> Iterator["EpisodeBuffer"]:
        """Yields one episode per row.

        Raises:
            ArchgymError: Not all have observations alike, or one is not known.
        """
        records = self._whole.frame.to_dict("records")
        shape = self.of(records[0]).first.shape
        for row in records:
            view = self.of(row)
            if view.first.shape != shape:
                raise ArchgymError(
                    "the data have objectives or workloads that environments show in different "
                    "ways; export them one by one"
                )
            yield view.episode(row)

    def _facts(self, workload: str) -> Facts:
        known = self._whole.workloads.get(workload, {})
        if not known.get("anchor") or not known.get("features"):
            why = f": {known['lacks']}" if "lacks" in known else ""
            raise ArchgymError(
                f"the data lack features or the default design's metrics of workload {workload}, "
                f"which observations show{why}"
            )
        return Facts.from_document(workload, {"system": "", **known})


class _Anchor(Simulator):
    """Knows how the default design fared on a workload, and nothing else."""

    name = "anchor"
    version = ""

    def __init__(self, space: DesignSpace, facts: Facts) -> None:
        self.parameters = space.parameters
        self.metrics = frozenset(facts.anchor)
        self._anchor = dict(facts.anchor)

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Returns what is known, for the default design."""
        return [self._anchor for _ in designs]
