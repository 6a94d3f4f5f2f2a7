"""Hands a workload over to the native core: its system as numbers, its trace decoded."""

import numpy as np

from archgym.dram.standards import STANDARDS, Rules, Standard
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulators.native import _core
from archgym.simulators.native.energy import energy_table

_SCOPES = ("bank", "bank_group", "rank", "other_rank")


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
    if np.ptp(workload.bursts().initiator) > 0:
        return f"native plays one initiator, trace {workload.trace.name} has several"
    return None


def make_channel(system: System, dramsys_quirks: bool) -> _core.Channel:
    """Builds the core's view of a system: organisation, timing edges and energy."""
    device = system.device
    standard = STANDARDS[device.standard]
    rules = standard.rules(device.timing, device.organization)
    refresh = rules.refreshes["AllBank"]
    spec: dict[str, object] = {
        "clock_ps": device.clock_ps,
        "ranks": system.ranks,
        "banks": system.banks,
        "bank_groups": system.ranks * device.organization.bank_groups,
        "read_latency": rules.latencies.read,
        "write_latency": rules.latencies.write,
        "read_to_precharge": rules.latencies.read_to_precharge,
        "write_to_precharge": rules.latencies.write_to_precharge,
        "row_active_min": rules.row_active_min,
        "four_activate_window": rules.activate_windows[0].cycles,
        "refresh_interval": refresh.interval,
        "refresh_cycle": refresh.duration,
        "refresh_flexibility": (
            _core.UNBOUNDED if dramsys_quirks else standard.refresh_flexibility
        ),
        "bytes_per_burst": device.organization.bytes_per_burst,
    }
    energy = energy_table(device, standard, rules)
    if energy is not None:
        spec["energy_nj"] = energy
    return _core.Channel(spec, _constraint_rows(standard, rules, dramsys_quirks))


def make_requests(workload: Workload, dramsys_quirks: bool) -> _core.Requests:
    """Decodes a workload's trace into the core's own arrays."""
    bursts, locations = workload.bursts(), workload.locations()
    clock = workload.system.device.clock_ps
    arrival_cycle = -(-bursts.arrival_ps // clock)
    if dramsys_quirks:  # its player presents the first request at once, whatever its time
        arrival_cycle[0] = 0
    one_to_one = len(bursts.request) == len(workload)
    last_burst = np.flatnonzero(np.diff(bursts.request, append=len(workload)))
    return _core.Requests(
        arrival_cycle=arrival_cycle,
        arrival_ps=bursts.arrival_ps,
        bank=locations.bank.astype(np.uint8),
        row=locations.row.astype(np.uint32),
        column=locations.column.astype(np.uint32),
        is_write=bursts.is_write,
        last_burst=np.empty(0, np.uint32) if one_to_one else last_burst.astype(np.uint32),
    )


def _constraint_rows(
    standard: Standard, rules: Rules, dramsys_quirks: bool
) -> list[tuple[int, int, int, int]]:
    omitted = standard.dramsys_omits if dramsys_quirks else ()
    command = {name: number for number, name in enumerate(_core.COMMANDS)}
    return [
        (_SCOPES.index(constraint.scope), command[previous], command[following], constraint.cycles)
        for constraint in rules.constraints
        for previous in constraint.previous
        for following in constraint.following
        if (previous, following) not in omitted and {previous, following} <= command.keys()
    ]
