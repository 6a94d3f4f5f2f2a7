"""Caches between a core and its memory, as a domain of archgym."""

from collections.abc import Mapping, Sequence
from typing import Any

from archgym.domain import Columns, Defaults, Domain, Platform
from archgym.errors import unknown
from archgym.objectives import Term, Vocabulary
from archgym.space import DesignSpace
from cache_gym.simulator import METRICS
from cache_gym.space import SPACE
from cache_gym.workload import FEATURES, PROGRAMS, AccessTrace


class Core(Platform):
    """The one core and memory that there are."""

    name = "core"
    options: Mapping[str, Any] = {}
    contents: Mapping[str, str] = {}

    def space(self, name: str) -> DesignSpace:
        """Returns the one space."""
        if name != SPACE.name:
            raise unknown("space", name, [SPACE.name])
        return SPACE

    def workload(self, name: str, options: Mapping[str, Any]) -> AccessTrace:
        """Reads the accesses of a program."""
        if name not in PROGRAMS:
            raise unknown("workload", name, PROGRAMS)
        for option in options:
            raise unknown(f"option of workload {name}", option, ())
        return AccessTrace(name)


class Cache(Domain):
    """Two levels of caches, tuned on accesses of programs."""

    name = "cache"
    defaults = Defaults(SPACE.name, "bfs", "amat with area <= 1x", "cache", SPACE.name)
    metrics = METRICS
    features = FEATURES
    columns = {
        0: Columns(
            ("amat_ns", "energy_nj", "area_mm2", "l1_misses", "l2_misses"),
            ("amat", "energy", "misses", "area"),
        )
    }
    compared = ("amat_ns", "energy_nj", "area_mm2", "l1_misses", "l2_misses", "write_backs")
    learned = ("amat_ns", "energy_nj", "area_mm2", "l2_misses")
    judged = ("amat", "energy", "amat with area <= 1x", "area with amat <= 1.05x")
    words = Vocabulary(
        {
            "amat": Term("amat", "ns", "mean time of an access", ("amat_ns",)),
            "energy": Term("energy", "nJ", "energy of all accesses", ("energy_nj",)),
            "misses": Term("misses", "", "misses of the second level", ("l2_misses",)),
            "area": Term(
                "area", "mm2", "area of both caches", ("area_mm2",),
                shows_slowness=False, rewards="small caches",
            ),
        },
        examples={"amat with area <= 1x": "least mean time of an access in no more area"},
    )  # fmt: skip

    def spaces(self) -> Sequence[str]:
        """Returns the name of the space."""
        return [SPACE.name]

    def workloads(self) -> Mapping[str, str]:
        """Returns the recorded programs."""
        return PROGRAMS

    def platform(self, options: Mapping[str, Any]) -> Core:
        """Returns the one that there is."""
        self.settle(options)
        return Core()
