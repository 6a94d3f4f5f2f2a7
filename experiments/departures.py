"""Lists the reference runs that only DRAMSys's quirks reproduce, and those that nothing reproduces.

Usage: python experiments/departures.py REFERENCE

REFERENCE is a folder of runs of DRAMSys 5.5, as `archgym validate` reads it. Two lists are written
beside this file. departures.csv has a line for each run whose total time is another without the
quirks, and each quirk that it takes: without this one, and all else as in DRAMSys, the total time
is not the reference's. deviations.csv has a line for each figure that is another even
where everything is as in DRAMSys.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from archgym.dram.device import Device
from archgym.dram.standards import TimingConstraint
from archgym.dram.standards.constraint import pairs
from archgym.dram.validation import Comparison, validate
from archgym.simulators.native import Native
from archgym.simulators.native.conduct import Conduct, dramsys, jedec

FILES = ("runs", "systems")
FIGURES = ("total_time", "mean_latency", "p99_latency", "core_energy", "commands")
PLACES = {
    "bank": "in a bank",
    "bank_group": "in a bank group",
    "rank": "in a rank",
    "other_stack": "in another stack",
    "other_rank": "in another rank",
}


class Run(NamedTuple):
    """One run of the reference."""

    file: str
    device: str
    trace: str
    design: str


class Edge(NamedTuple):
    """What a timing constraint is between."""

    scope: Any
    previous: str
    following: str
    when: Any


class Fixed(Native):
    """The native simulator with the conduct given."""

    def __init__(self, conduct: Conduct) -> None:
        super().__init__()
        self._conduct = conduct

    def conduct(self, device: Device) -> Conduct:
        """Returns the one given."""
        return self._conduct


def departures(device: Device) -> Iterator[tuple[str, Conduct]]:
    """Yields each rule that DRAMSys departs from, and its conduct if it did not."""
    theirs, ours = dramsys(device), jedec(device)
    yield (
        "first request at time 0, not at its arrival",
        replace(theirs, first_at_once=ours.first_at_once),
    )
    yield (
        "an initiator waits for each request to be taken, and responses for each other",
        replace(theirs, handshakes=ours.handshakes),
    )
    yield (
        f"refreshes forgotten or moved by more than {ours.refresh_flexibility} tREFI",
        replace(theirs, refresh_flexibility=ours.refresh_flexibility),
    )
    yield (
        "activate window less the length of the last command in it",
        replace(theirs, windows_by_last=ours.windows_by_last),
    )
    for policy, refresh in ours.rules.refreshes.items():
        departed = theirs.rules.refreshes[policy]
        if departed != refresh:
            refreshes = {**theirs.rules.refreshes, policy: refresh}
            yield (
                f"{refresh.command} every {departed.interval} cycles, not {refresh.interval}",
                replace(theirs, rules=replace(theirs.rules, refreshes=refreshes)),
            )
    yield from _other_edges(theirs, ours)


def _other_edges(theirs: Conduct, ours: Conduct) -> Iterator[tuple[str, Conduct]]:
    before, after = _cycles(theirs), _cycles(ours)
    # Edges that depart alike, such as those of RD and RDA, are one rule.
    alike: dict[tuple[str, int | None, int], list[Edge]] = {}
    for edge, cycles in after.items():
        if before.get(edge) != cycles:
            alike.setdefault((edge.scope, before.get(edge), cycles), []).append(edge)
    for (scope, departed, cycles), edges in alike.items():
        previous = "/".join(dict.fromkeys(edge.previous for edge in edges))
        following = "/".join(dict.fromkeys(edge.following for edge in edges))
        instead = "at once" if departed is None else f"after {departed} cycles"
        corrected = {**before, **dict.fromkeys(edges, cycles)}
        constraints = [
            TimingConstraint(edge.scope, [edge.previous], [edge.following], cycles, edge.when)
            for edge, cycles in corrected.items()
        ]
        yield (
            f"{following} {instead}, not {cycles}, of {previous} {PLACES[scope]}",
            replace(theirs, rules=replace(theirs.rules, constraints=constraints)),
        )


def _cycles(conduct: Conduct) -> dict[Edge, int]:
    cycles: dict[Edge, int] = {}
    for pair in pairs(conduct.rules.constraints):
        edge = Edge(pair.scope, pair.previous[0], pair.following[0], pair.when)
        cycles[edge] = max(cycles.get(edge, pair.cycles), pair.cycles)
    return cycles


def total_times(folder: Path, device: str, simulator: Native) -> dict[Run, Comparison]:
    """Compares the total time of every run on a device that the simulator can do."""
    report = validate(folder, simulator, files=FILES, devices=[device])
    return {
        Run(item.file, item.device, item.trace, item.design): item
        for item in report.comparisons
        if item.metric == "total_time" and not item.skipped
    }


def by_jedec(folder: Path, device_name: str) -> tuple[int, list[tuple[Run, str]]]:
    """Returns the number of runs on a device, and those with another total time, with the rules."""
    device = Device.load(folder / "devices" / f"{device_name}.json")
    reproduced = total_times(folder, device_name, Fixed(dramsys(device)))
    legal = total_times(folder, device_name, Fixed(jedec(device)))
    differing = [run for run, comparison in legal.items() if not comparison.exact]
    needed: dict[Run, list[str]] = {run: [] for run in differing}
    explained = [run for run in differing if reproduced[run].exact]
    for rule, conduct in departures(device):
        without = total_times(folder, device_name, Fixed(conduct)) if explained else {}
        for run in explained:
            if not without[run].exact:
                needed[run].append(rule)
    for run, rules in needed.items():
        if not rules:  # where rules cover for each other, it takes none by itself
            rules.append("several" if run in explained else "not reproduced")
    return len(legal), [(run, rule) for run, rules in needed.items() for rule in rules]


def not_reproduced(folder: Path) -> list[tuple[Run, str]]:
    """Returns the runs, and the figures, that DRAMSys' rules do not reproduce either."""
    report = validate(folder, Native(dramsys_quirks=True), files=FILES)
    return [
        (Run(item.file, item.device, item.trace, item.design), item.metric)
        for item in report.comparisons
        if item.metric in FIGURES and not item.skipped and not item.exact
    ]


def write(name: str, column: str, rows: list[tuple[Run, str]]) -> None:
    """Writes a list beside this file."""
    with Path(__file__).with_name(name).open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*Run._fields, column])
        writer.writerows([*run, item] for run, item in sorted(rows))


def main() -> None:
    """Reads the argument, simulates and writes the lists."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    total, rows = 0, []
    for file in sorted((folder / "devices").glob("*.json")):
        runs, found = by_jedec(folder, file.stem)
        total += runs
        rows += found
    write("departures.csv", "rule", rows)
    differing = len({run for run, _ in rows})
    print(f"{differing} of {total} runs ({differing / total:.1%}) take another time without quirks")
    for (device, rule), count in sorted(Counter((run.device, rule) for run, rule in rows).items()):
        print(f"{count:5} {device}: {rule}")
    rows = not_reproduced(folder)
    write("deviations.csv", "figure", rows)
    deviating = len({run for run, _ in rows})
    print(f"{deviating} of {total} runs ({deviating / total:.1%}) deviate even by DRAMSys' rules")


if __name__ == "__main__":
    main()
