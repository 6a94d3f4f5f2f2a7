"""DRAMsim3 (Li et al., CAL 2020): a queue of 8 for each bank, open rows.

It simulates a given number of cycles, so it gets as many as the native simulator took; what it has
served by then is counted.
"""

import json
import math
from pathlib import Path

from archgym.dram.workload import Workload
from experiments.speed.peers.peer import Outcome, Peer

_DESIGN = {
    "PagePolicy": "Open",
    "Scheduler": "FrFcfs",
    "SchedulerBuffer": "Bankwise",
    "RequestBufferSize": 8,
}

# Its names of the timings.
_TIMING = {
    "AL": "AL",
    "CL": "RL",
    "CWL": "WL",
    "tRCD": "RCD",
    "tRP": "RP",
    "tRAS": "RAS",
    "tRFC": "RFC1",
    "tREFI": "REFI",
    "tRPRE": "RPRE",
    "tWPRE": "WPRE",
    "tRRD_S": "RRD_S",
    "tRRD_L": "RRD_L",
    "tWTR_S": "WTR_S",
    "tWTR_L": "WTR_L",
    "tFAW": "FAW",
    "tWR": "WR",
    "tRTP": "RTP",
    "tCCD_S": "CCD_S",
    "tCCD_L": "CCD_L",
    "tCKE": "CKE",
    "tCKESR": "CKESR",
    "tXS": "XS",
    "tXP": "XP",
    "tRTRS": "RTRS",
}


def configuration(workload: Workload) -> str:
    """Returns the device and controller as an `.ini` file."""
    device, organization = workload.system.device, workload.system.device.organization
    sections: dict[str, dict[str, object]] = {
        "dram_structure": {
            "protocol": device.standard,
            "bankgroups": organization.bank_groups,
            "banks_per_group": organization.banks_per_group,
            "rows": organization.rows,
            "columns": organization.columns,
            "device_width": organization.width,
            "BL": organization.burst_length,
        },
        "timing": {
            "tCK": device.clock_ps / 1e3,
            **{theirs: device.timing[ours] for theirs, ours in _TIMING.items()},
        },
        "system": {
            "channel_size": workload.system.capacity >> 20,
            "channels": 1,
            "bus_width": 8 * organization.bytes_per_beat,
            # As in the device's own mapping: the bank group lowest, then column, bank and row.
            "address_mapping": "rochrabacobg",
            "queue_structure": "PER_BANK",
            "refresh_policy": "RANK_LEVEL_SIMULTANEOUS",
            "row_buf_policy": "OPEN_PAGE",
            "cmd_queue_size": 8,
            "trans_queue_size": 32,
        },
        "other": {"output_level": 0},
    }
    return "\n".join(
        line
        for section, values in sections.items()
        for line in (f"[{section}]", *(f"{key} = {value}" for key, value in values.items()))
    )


def _prepare(workload: Workload, simulated_ns: float, folder: Path) -> list[str]:
    (folder / "device.ini").write_text(configuration(workload), encoding="ascii")
    bursts = workload.bursts()
    (folder / "trace").write_text(
        "".join(
            f"{address:#x} {'WRITE' if is_write else 'READ'} 0\n"
            for address, is_write in zip(bursts.address.tolist(), bursts.is_write, strict=True)
        ),
        encoding="ascii",
    )
    cycles = math.ceil(simulated_ns * 1e3 / workload.system.device.clock_ps)
    return ["device.ini", "-c", str(cycles), "-t", "trace"]


def _read(printed: str, folder: Path, workload: Workload) -> Outcome:
    statistics = json.loads((folder / "dramsim3.json").read_text(encoding="utf-8"))["0"]
    served = statistics["num_reads_done"] + statistics["num_writes_done"]
    return Outcome(served, statistics["num_cycles"] * workload.system.device.clock_ps / 1e3)


DRAMSIM3 = Peer("DRAMsim3", "ARCHGYM_DRAMSIM3", _DESIGN, _prepare, _read)
