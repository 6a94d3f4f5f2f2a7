"""Timing constraints as a table, and when they allow a command."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from .request import NEVER, READ, WRITE


@dataclass(frozen=True)
class Timing:
    """What the model needs to know of a device: cycles, and the shape of a channel."""

    ranks: int
    banks: int  # of a rank
    groups: int  # of a rank
    read_latency: int
    write_latency: int
    burst: int
    refresh_interval: int
    refresh_flexibility: int
    """Refreshes that may be outstanding, or done in advance, or left out in a row."""
    four_activates: int
    edges: tuple[tuple[str, tuple[str, ...], tuple[str, ...], int], ...]
    """(scope, preceding commands, following commands, least distance)."""


def timing_of(
    standard: str,
    t: Mapping[str, int],
    banks: int,
    groups: int,
    *,
    ranks: int = 1,
    dramsys_quirks: bool = False,
) -> Timing:
    """Writes the constraints of a standard as a table, for bursts of eight.

    Args:
        standard: `DDR3` or `DDR4`.
        t: The device's timing parameters in cycles, named as JEDEC does.
        banks: Banks of the rank, all groups together.
        groups: Bank groups of the rank (1 for DDR3).
        ranks: Ranks of the channel.
        dramsys_quirks: As DRAMSys 5.5, leaves out DDR3's write recovery before PREAB and ignores
            JEDEC's bounds on refreshes that are postponed or done in advance.
    """
    ddr4 = standard == "DDR4"
    short, long = ("_S", "_L") if ddr4 else ("", "")
    burst = 4
    read_write = t["RL"] + burst - t["WL"] + (1 + t["WPRE"] if ddr4 else 2)
    write_end = t["WL"] + burst
    write_pre = write_end + t["WR"]
    read_pre = t["AL"] + t["RTP"]
    rfc = t["RFC1"] if ddr4 else t["RFC"]
    cas = READ + WRITE
    edges = [
        ("bank", ("ACT",), cas, t["RCD"] - t["AL"]),
        ("bank", ("ACT",), ("PREPB",), t["RAS"]),
        ("bank", ("ACT",), ("ACT",), t["RC"]),
        ("bank", ("RD",), ("PREPB",), read_pre),
        ("bank", ("WR",), ("PREPB",), write_pre),
        ("bank", ("WR",), ("RDA",), write_pre - read_pre),
        ("bank", ("RDA",), ("ACT",), read_pre + t["RP"]),
        ("bank", ("WRA",), ("ACT",), write_pre + t["RP"]),
        ("bank", ("PREPB",), ("ACT",), t["RP"]),
        ("group", READ, READ, t["CCD" + long]),
        ("group", WRITE, WRITE, t["CCD" + long]),
        ("group", WRITE, READ, write_end + t["WTR" + long] - t["AL"]),
        ("group", ("ACT",), ("ACT",), t["RRD" + long]),
        ("rank", READ, READ, t["CCD" + short]),
        ("rank", WRITE, WRITE, t["CCD" + short]),
        ("rank", READ, WRITE, read_write),
        ("rank", WRITE, READ, write_end + t["WTR" + short] - t["AL"]),
        ("rank", ("ACT",), ("ACT",), t["RRD" + short]),
        ("rank", ("ACT",), ("PREAB",), t["RAS"]),
        ("rank", ("ACT",), ("REFAB",), t["RC"]),
        ("rank", READ, ("PREAB",), read_pre),
        ("rank", ("WRA",), ("PREAB",), write_pre),
        ("rank", ("RDA",), ("REFAB",), read_pre + t["RP"]),
        ("rank", ("WRA",), ("REFAB",), write_pre + t["RP"]),
        ("rank", ("PREPB", "PREAB"), ("REFAB",), t["RP"]),
        ("rank", ("PREAB",), ("ACT",), t["RP"]),
        ("rank", ("REFAB",), ("ACT", "REFAB"), rfc),
    ]
    if ddr4 or not dramsys_quirks:
        edges.append(("rank", ("WR",), ("PREAB",), write_pre))
    if ranks > 1:
        switch = burst + t["RTRS"]
        edges += [
            ("other rank", READ, READ, switch),
            ("other rank", WRITE, WRITE, switch),
            ("other rank", READ, WRITE, t["RL"] + switch - t["WL"] + t.get("WPRE", 0)),
            ("other rank", WRITE, READ, t["WL"] + switch - t["RL"] + t.get("RPRE", 0)),
        ]
    return Timing(
        ranks=ranks,
        banks=banks,
        groups=groups,
        read_latency=t["RL"],
        write_latency=t["WL"],
        burst=burst,
        refresh_interval=t["REFI"],
        refresh_flexibility=NEVER if dramsys_quirks else 8,
        four_activates=t["FAW"],
        edges=tuple(edges),
    )


class Constraints:
    """Says from when on a command may be issued, from the last time of each earlier one."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.into: dict[str, list[tuple[str, str, int]]] = {}
        for scope, preceding, following, distance in timing.edges:
            for command in following:
                self.into.setdefault(command, []).extend((scope, p, distance) for p in preceding)
        self.last: dict[tuple[str, str, int], int] = {}
        self.activates: list[deque[int]] = [deque(maxlen=4) for _ in range(timing.ranks)]
        self.bus_free = 0

    def _component(self, scope: str, bank: int) -> int:
        if scope == "group":
            return bank // (self.timing.banks // self.timing.groups)
        return bank if scope == "bank" else bank // self.timing.banks

    def earliest(self, command: str, bank: int) -> int:
        """From when on a bank, or the rank of a bank, can take a command."""
        times = [self.bus_free]
        for scope, preceding, distance in self.into[command]:
            last = self.last.get((scope, preceding, self._component(scope, bank)))
            if last is not None:
                times.append(last + distance)
        activates = self.activates[bank // self.timing.banks]
        if command == "ACT" and len(activates) == 4:
            times.append(activates[0] + self.timing.four_activates)
        return max(times)

    def issue(self, command: str, bank: int, now: int) -> None:
        self.bus_free = now + 1
        for scope in ("bank", "group", "rank"):
            self.last[scope, command, self._component(scope, bank)] = now
        rank = bank // self.timing.banks
        for other in range(self.timing.ranks):
            if other != rank:
                self.last["other rank", command, other] = now
        if command == "ACT":
            self.activates[rank].append(now)
