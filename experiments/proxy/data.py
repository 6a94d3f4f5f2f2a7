"""The data of the experiments."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from archgym import domain, proxy, simulators
from archgym.dram.spaces import make_space
from archgym.proxy import Facts, Samples
from archgym.proxy.coding import Coding
from archgym.study.parts import WorkloadSpec
from archgym.table import Table

METRICS = ("runtime_ns", "latency_ns", "power_mw", "energy_nj")
SPACE = "archgym-pow2"
SHARE = 0.05
"""Of the distinct designs that keep their data, how many are known."""


def keeping_data(folder: Path) -> Samples:
    """Returns the designs of a table that refresh."""
    table = Table(folder)
    samples = proxy.from_table(table)
    names = list(table.designs.space.parameters)
    values = table.designs.space.parameters["RefreshPolicy"].values
    measured = np.setdiff1d(np.arange(len(table)), list(table.failures))
    policies = table.designs.indices(measured)[:, names.index("RefreshPolicy")]
    return samples.take(policies != values.index("NoRefresh"))


def tables(folder: Path) -> list[Path]:
    """Returns the complete tables in a folder."""
    found = []
    for path in sorted(folder.iterdir()):
        header = path / "table.json"
        if header.exists() and '"sha256"' in header.read_text(encoding="utf-8"):
            found.append(path)
    return found


def simulate(specs: Sequence[WorkloadSpec], designs: int, seed: int = 0) -> Samples:
    """Simulates random designs on workloads; other ones on each.

    Args:
        specs: The workloads.
        designs: How many designs of each.
        seed: Chooses the designs.
    """
    native = simulators.make("native")
    coding = Coding(make_space(SPACE))
    parts = []
    for number, spec in enumerate(specs):
        workload = spec.load(domain.load().platform({}))
        rng = np.random.default_rng([seed, number])
        drawn = coding.space.sample(rng, 3 * designs)
        feasible = [each for each in drawn if coding.space.infeasibility(each) is None]
        codes = coding.codes(np.array([coding.space.encode(each) for each in feasible]))
        first = np.unique(coding.keys(codes), return_index=True)[1]
        chosen = np.sort(first)[:designs]
        outcomes = native.evaluate([feasible[row] for row in chosen], workload)
        (anchor,) = native.evaluate([coding.space.default], workload)
        metrics = tuple(name for name in domain.load().learned if name in anchor)
        parts.append(
            Samples(
                coding,
                codes[chosen],
                np.zeros(len(chosen), np.int64),
                metrics,
                np.array([[each[name] for name in metrics] for each in outcomes]),
                (Facts(workload.id, anchor, tuple(workload.features), "ddr4-2400"),),
                f"native {native.version}",
            )
        )
    return proxy.join(parts)
