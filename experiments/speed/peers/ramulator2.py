"""Ramulator 2.1 (Luo et al., CAL 2023): read and write queues of 32, FRFCFS, open rows.

It maps addresses its own way, so it gets those that it decodes to the trace's banks and rows.
"""

import json
from pathlib import Path

import numpy as np

from archgym.dram.workload import Workload
from experiments.speed.peers.peer import Outcome, Peer

_DESIGN = {
    "PagePolicy": "Open",
    "Scheduler": "FrFcfs",
    "SchedulerBuffer": "Shared",
    "RequestBufferSize": 64,
}

# Its names of the timings that its preset does not share with the device.
_TIMING = {
    "nCL": "RL",
    "nRCD": "RCD",
    "nRP": "RP",
    "nRAS": "RAS",
    "nRC": "RC",
    "nWR": "WR",
    "nRTP": "RTP",
    "nCWL": "WL",
    "nCCDS": "CCD_S",
    "nCCDL": "CCD_L",
    "nRRDS": "RRD_S",
    "nRRDL": "RRD_L",
    "nWTRS": "WTR_S",
    "nWTRL": "WTR_L",
    "nFAW": "FAW",
    "nRFC": "RFC1",
    "nREFI": "REFI",
}

_SCRIPT = """
import json, sys
import ramulator

timing = json.loads(sys.argv[1])
controller = ramulator.controller.GenericDDR(
    dram=ramulator.dram.DDR4(
        org_preset="DDR4_4Gb_x8", timing_preset="DDR4_2400R", rank=1, **timing
    ),
    read_buffer_size=32,
    write_buffer_size=32,
    scheduler=ramulator.scheduler.FRFCFS(),
    refresh_manager=ramulator.refresh_manager.AllBank(),
    row_policy=ramulator.row_policy.Open(),
    addr_mapper=ramulator.addr_mapper.RoBaRaCoCh(),
)
simulation = ramulator.Simulation(
    ramulator.frontend.LoadStoreTrace(clock_ratio=1, path="trace"),
    ramulator.memory_system.GenericDRAM(
        clock_ratio=1,
        controllers=[controller],
        channel_mapper=ramulator.channel_mapper.CacheLineInterleave(),
    ),
)
simulation.run()
statistics = simulation.stats["memory_system"]["controller"]
names = "num_read_reqs_served", "num_write_reqs_served", "num_write_reqs_coalesced"
with open("outcome.json", "w", encoding="utf-8") as file:
    json.dump([statistics["cycles"], sum(statistics[name] for name in names)], file)
"""


def lines(workload: Workload) -> str:
    """Returns a trace whose addresses consist of row, bank, bank group, column and byte."""
    organization = workload.system.device.organization
    where = workload.locations()
    group, bank = np.divmod(where.bank.astype(np.int64), organization.banks_per_group)
    address = where.row.astype(np.int64)
    for field, count in (
        (bank, organization.banks_per_group),
        (group, organization.bank_groups),
        (
            where.column // organization.burst_length,
            organization.columns // organization.burst_length,
        ),
        (0, organization.bytes_per_burst),
    ):
        address = address * count + field
    return "".join(
        f"{'ST' if is_write else 'LD'} {place}\n"
        for is_write, place in zip(workload.bursts().is_write, address.tolist(), strict=True)
    )


def _prepare(workload: Workload, simulated_ns: float, folder: Path) -> list[str]:
    (folder / "trace").write_text(lines(workload), encoding="ascii")
    (folder / "run.py").write_text(_SCRIPT, encoding="ascii")
    timing = workload.system.device.timing
    return ["run.py", json.dumps({theirs: timing[ours] for theirs, ours in _TIMING.items()})]


def _read(printed: str, folder: Path, workload: Workload) -> Outcome:
    cycles, served = json.loads((folder / "outcome.json").read_text(encoding="ascii"))
    return Outcome(served, cycles * workload.system.device.clock_ps / 1e3)


RAMULATOR2 = Peer("Ramulator 2.1", "ARCHGYM_RAMULATOR2", _DESIGN, _prepare, _read)
