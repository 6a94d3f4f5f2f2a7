"""Hands a workload over to the native core: its system as numbers, its trace decoded."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.standards import COMMANDS, STANDARDS, Rules, Standard, TimingConstraint
from archgym.dram.standards.constraint import Refresh, pairs
from archgym.dram.system import Locations, System
from archgym.dram.workload import Workload
from archgym.simulators.native import _core
from archgym.simulators.native.conduct import Conduct
from archgym.simulators.native.energy import energy_table

# What the core's arithmetic has room for, with margin: 32 bits of cycles between events, 64 of
# picoseconds. Beyond a device's own delays there are what a standard makes of several.
_MAX_CYCLES = 1 << 20
_MAX_DISTANCE = 1 << 22
_MAX_TIME_PS = 10**18


def unsupported(workload: Workload) -> str | None:
    """Says why the native simulator can't play a workload; `None` if it can."""
    system, device = workload.system, workload.system.device
    if device.standard not in STANDARDS:
        return f"native simulates {', '.join(STANDARDS)}, not {device.standard} ({device.label})"
    if system.channels > _core.MAX_CHANNELS:
        return (
            f"native simulates up to {_core.MAX_CHANNELS} channels, "
            f"{device.label} has {system.channels}"
        )
    if system.ranks > _core.MAX_RANKS:
        return f"native simulates up to {_core.MAX_RANKS} ranks, {device.label} has {system.ranks}"
    if system.banks > _core.MAX_BANKS:
        return f"native simulates up to {_core.MAX_BANKS} banks, {device.label} has {system.banks}"
    if workload.trace.duration_ps > _MAX_TIME_PS:
        return (
            f"native simulates up to {_MAX_TIME_PS:.0e} ps, trace {workload.trace.name} is longer"
        )
    return None


def impossible(device: Device, rules: Rules) -> str | None:
    """Says why no controller could keep to a device's rules; `None` if one can."""
    label = device.label
    name, cycles = max(device.timing.items(), key=lambda item: item[1])
    if cycles > _MAX_CYCLES:
        return f"native simulates delays up to {_MAX_CYCLES} cycles, {label} has {name} {cycles}"
    if rules.row_active_min < 1:
        return f"native needs tRAS to be a cycle at least, {label} has 0"
    longest = max(edge.cycles for edge in rules.constraints)
    if longest > _MAX_DISTANCE:
        edge = next(edge for edge in rules.constraints if edge.cycles == longest)
        return (
            f"native keeps commands up to {_MAX_DISTANCE} cycles apart, {label} has "
            f"{edge.following[0]} {longest} cycles after {edge.previous[0]}"
        )
    row_cycle = max(edge.cycles for edge in rules.constraints if _is_row_cycle(edge))
    for policy, refresh in rules.refreshes.items():
        if refresh.duration < 1:
            return f"native needs refreshes to take time, {policy} takes {label} none"
        round_interval = refresh.interval * refresh.round_size
        if round_interval <= refresh.duration + row_cycle:
            return (
                f"{label} would do little but refresh: with RefreshPolicy {policy}, banks "
                f"are busy for {refresh.duration} of every {round_interval} cycles"
            )
        apart = _distance(rules, refresh.command, refresh.command, ["rank"])
        if refresh.interval <= apart:
            return (
                f"{device.name} would do little but refresh: with RefreshPolicy {policy}, one "
                f"falls due every {refresh.interval} cycles, and two are {apart} cycles apart"
            )
        turn, limit = _turn(rules, refresh), STANDARDS[device.standard].refresh_flexibility
        if 2 * turn > limit * refresh.per_interval * refresh.interval:
            return (
                f"{device.name} would do little but refresh: with RefreshPolicy {policy}, "
                f"{turn // refresh.interval} fall due in the {turn} cycles from an activate, over "
                f"a write, to the end of a refresh, and no more than "
                f"{limit * refresh.per_interval} may be owed"
            )
        for window in rules.activate_windows:
            share = -(-window.cycles // refresh.interval)
            if refresh.command in window.commands and share >= window.count:
                return (
                    f"{label} would do little but refresh: with RefreshPolicy {policy}, "
                    f"{share} refreshes fall due in the window of {window.cycles} cycles that has "
                    f"room for {window.count} of {' and '.join(window.commands)}"
                )
    return None


def _is_row_cycle(edge: TimingConstraint) -> bool:
    return edge.scope == "bank" and "ACT" in edge.previous and "ACT" in edge.following


def make_memory(system: System, conduct: Conduct) -> _core.Memory:
    """Builds the core's view of a system: organisation, timing edges and energy."""
    device, organization = system.device, system.device.organization
    standard, rules = STANDARDS[device.standard], conduct.rules
    spec: dict[str, object] = {
        "clock_ps": device.clock_ps,
        "channels": system.channels,
        "ranks": system.ranks,
        "stacks": system.ranks * organization.stacks,
        "bank_groups": system.ranks * organization.bank_groups,
        "banks": system.banks,
        "command_cycles": _command_cycles(standard),
        "has_column_bus": standard.has_column_bus,
        "read_latency": rules.latencies.read,
        "write_latency": rules.latencies.write,
        "read_to_precharge": rules.latencies.read_to_precharge,
        "write_to_precharge": rules.latencies.write_to_precharge,
        "row_active_min": rules.row_active_min,
        "refreshes": _refreshes(rules),
        "handshakes": conduct.handshakes,
        "refresh_flexibility": conduct.refresh_flexibility,
        "bytes_per_burst": organization.bytes_per_burst,
        "energy_books": conduct.energy_books,
    }
    energy = energy_table(device, standard, rules)
    if energy is not None:
        spec["energy_nj"] = energy
    return _core.Memory(spec, _constraints(rules), _activate_windows(standard, conduct))


def make_requests(
    memory: _core.Memory, workload: Workload, locations: Locations, conduct: Conduct
) -> _core.Requests:
    """Puts a workload's bursts, which lie at `locations`, into the core's own arrays."""
    bursts, player = workload.bursts(), workload.player
    clock = workload.system.device.clock_ps
    arrival_cycle, arrival_ps = -(-bursts.arrival_ps // clock), workload.trace.arrival_ps
    # Renumbered, as a trace may leave out numbers.
    initiator = np.unique(bursts.initiator, return_inverse=True)[1]
    if conduct.first_at_once:
        arrival_cycle[0] = 0
        arrival_ps = np.concatenate([[0], arrival_ps[1:]])
    return _core.Requests(
        memory,
        arrival_cycle=arrival_cycle,
        arrival_ps=arrival_ps,
        channel=locations.channel.astype(np.uint8),
        bank=locations.bank.astype(np.uint8),
        row=locations.row.astype(np.uint32),
        column=locations.column.astype(np.uint32),
        is_write=bursts.is_write,
        request=bursts.request.astype(np.uint32),
        initiator=initiator.astype(np.uint16),
        bytes=int(workload.trace.size.sum(dtype=np.int64)),
        player={
            "closed": player.mode == "closed",
            "max_outstanding": player.max_outstanding or len(workload),
            "think_cycles": -(-player.think_time_ps // clock),
            "dependent": player.dependent,
        },
    )


def _command_cycles(standard: Standard) -> list[int]:
    return [standard.command_cycles.get(name, 1) for name in COMMANDS]


def _refreshes(rules: Rules) -> list[dict[str, object] | None]:
    """Returns the refreshes by policy; `None` where the device does not have such."""
    rows: list[dict[str, object] | None] = []
    for policy in PARAMETERS["RefreshPolicy"].values:
        refresh = rules.refreshes.get(policy)
        rows.append(
            None
            if refresh is None
            else {
                "command": refresh.command,
                "precharge": refresh.precharge,
                "interval": refresh.interval,
                "duration": refresh.duration,
                "per_interval": refresh.per_interval,
                "turn": _turn(rules, refresh),
            }
        )
    return rows


def _turn(rules: Rules, refresh: Refresh) -> int:
    """Returns how long a bank may take from an activate, over a write, to the end of a refresh."""
    path = ["ACT", "WR", refresh.precharge, refresh.command]
    return refresh.duration + sum(
        _distance(rules, previous, following, ["bank", "bank_group", "rank"])
        for previous, following in pairwise(path)
    )


def _distance(rules: Rules, previous: str, following: str, scopes: Sequence[str]) -> int:
    """Returns the cycles from one command to another that meets it in one of the scopes."""
    found = (
        edge.cycles
        for edge in rules.constraints
        if edge.scope in scopes
        and edge.when != "round_ends"
        and previous in edge.previous
        and following in edge.following
    )
    return max(found, default=0)


def _constraints(rules: Rules) -> list[dict[str, object]]:
    return [
        {
            "scope": pair.scope,
            "previous": pair.previous[0],
            "following": pair.following[0],
            "cycles": pair.cycles,
            "when": pair.when,
        }
        for pair in pairs(rules.constraints)
    ]


def _activate_windows(standard: Standard, conduct: Conduct) -> list[dict[str, object]]:
    return [
        {
            "commands": list(window.commands),
            "count": window.count,
            "cycles": window.cycles,
            # What counts is where commands end.
            "lengths": _command_cycles(standard),
            "by_last": conduct.windows_by_last,
        }
        for window in conduct.rules.activate_windows
    ]
