"""Hands a workload over to the native core: its system as numbers, its trace decoded."""

import numpy as np

from archgym.dram.controller import PARAMETERS
from archgym.dram.standards import COMMANDS, STANDARDS, Rules, Standard
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulators.native import _core
from archgym.simulators.native.energy import energy_table

_SCOPES = ("bank", "bank_group", "rank", "other_stack", "other_rank")
_WHEN = ("always", "round_goes_on", "round_ends")


def unsupported(workload: Workload) -> str | None:
    """Says why the native simulator can't play a workload; `None` if it can."""
    system, device = workload.system, workload.system.device
    if device.standard not in STANDARDS:
        return f"native simulates {' and '.join(STANDARDS)}, not {device.standard} ({device.name})"
    if system.channels > 1:
        return f"native simulates one channel, {device.name} has {system.channels}"
    if system.ranks > _core.MAX_RANKS:
        return f"native simulates up to {_core.MAX_RANKS} ranks, {device.name} has {system.ranks}"
    if system.banks > _core.MAX_BANKS:
        return f"native simulates up to {_core.MAX_BANKS} banks, {device.name} has {system.banks}"
    if workload.player.mode != "open":
        return f"native only plays traces open; this player is {workload.player}"
    if np.ptp(workload.bursts().initiator) > 0:
        return f"native plays one initiator, trace {workload.trace.name} has several"
    return None


def make_channel(system: System, dramsys_quirks: bool) -> _core.Channel:
    """Builds the core's view of a system: organisation, timing edges and energy."""
    device, organization = system.device, system.device.organization
    standard = STANDARDS[device.standard]
    rules = (dramsys_quirks and standard.dramsys_rules or standard.rules)(
        device.timing, organization
    )
    spec: dict[str, object] = {
        "clock_ps": device.clock_ps,
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
        "refreshes": _refresh_rows(rules),
        "refresh_flexibility": (
            _core.UNBOUNDED if dramsys_quirks else standard.refresh_flexibility
        ),
        "bytes_per_burst": organization.bytes_per_burst,
    }
    energy = energy_table(device, standard, rules)
    if energy is not None:
        spec["energy_nj"] = energy
    return _core.Channel(
        spec,
        _constraint_rows(standard, rules, dramsys_quirks),
        _window_rows(standard, rules, dramsys_quirks),
    )


def make_requests(workload: Workload, dramsys_quirks: bool) -> _core.Requests:
    """Decodes a workload's trace into the core's own arrays."""
    bursts, locations = workload.bursts(), workload.locations()
    clock = workload.system.device.clock_ps
    arrival_cycle, arrival_ps = -(-bursts.arrival_ps // clock), workload.trace.arrival_ps
    if dramsys_quirks:  # its player presents the first request at once, whatever its time
        arrival_cycle[0] = 0
        arrival_ps = np.concatenate([[0], arrival_ps[1:]])
    return _core.Requests(
        arrival_cycle=arrival_cycle,
        arrival_ps=arrival_ps,
        bank=locations.bank.astype(np.uint8),
        row=locations.row.astype(np.uint32),
        column=locations.column.astype(np.uint32),
        is_write=bursts.is_write,
        request=bursts.request.astype(np.uint32),
    )


def _command_cycles(standard: Standard) -> list[int]:
    return [standard.command_cycles.get(name, 1) for name in COMMANDS]


def _refresh_rows(rules: Rules) -> list[tuple[int, int, int, int, int]]:
    rows = []
    for policy in PARAMETERS["RefreshPolicy"].values:
        refresh = rules.refreshes.get(policy)
        rows.append(
            (0, 0, 0, 0, 0)
            if refresh is None
            else (
                COMMANDS.index(refresh.command),
                COMMANDS.index(refresh.precharge),
                refresh.interval,
                refresh.duration,
                refresh.per_interval,
            )
        )
    return rows


def _constraint_rows(
    standard: Standard, rules: Rules, dramsys_quirks: bool
) -> list[tuple[int, int, int, int, int]]:
    omitted = standard.dramsys_omits if dramsys_quirks else ()
    return [
        (
            _SCOPES.index(constraint.scope),
            COMMANDS.index(previous),
            COMMANDS.index(following),
            constraint.cycles,
            _WHEN.index(constraint.when),
        )
        for constraint in rules.constraints
        for previous in constraint.previous
        for following in constraint.following
        if (previous, following) not in omitted
    ]


def _window_rows(
    standard: Standard, rules: Rules, dramsys_quirks: bool
) -> list[tuple[list[int], int, int, list[int]]]:
    # DRAMSys remembers when each command ends, and subtracts the length of the one that is last.
    offset = _command_cycles(standard) if dramsys_quirks else [0] * len(COMMANDS)
    return [
        ([COMMANDS.index(name) for name in window.commands], window.count, window.cycles, offset)
        for window in rules.activate_windows
    ]
