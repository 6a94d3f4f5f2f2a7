"""Devices with other timing, which agrees with itself."""

import copy
from collections.abc import Callable
from typing import Any

from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS

Pick = Callable[[int, int], int]
"""(low, high) -> a number from low to high, both included."""

# Parameters of any standard that may have any value.
_FREE = (
    "RCD RCDRD RCDWR RP RPpb RAS RTP RBTP WR WTR WTR_L WTR_S WTRL WTRS RRD RRD_L RRD_S RRDL RRDS "
    "FAW CL RL WL DQSCK DQSS DQS2DQ WCK2DQO RPST PL WPRE RPRE CKE CKESR PD XP PPD SR RTRS RREFD "
    "REFSBRD pbR2act pbR2pbR CMDCKE CMDPD CPDED CSPD CSL ACTPDEN PRPDEN REFPDEN ACTPDE PREPDE "
    "REFPDE XSDLL XS_DLL"
)
_REFRESHES = ("RFC", "RFC1", "RFCab"), ("RFCpb", "RFCsb", "RFCSB")
_BETWEEN_COLUMNS = ("CCD", "CCD_L", "CCD_S", "CCD_L_WR2", "CCDL", "CCDS", "CCDR")


def with_other_timing(device: Device, pick: Pick) -> Device:
    """Returns a device with other timing parameters, and with frequent refreshes.

    The parameters keep to the rules between them: RL = AL + CL, tRC >= tRAS + tRP up to a clock of
    rounding, bursts that don't overlap, and refreshes of single banks that add up to those of all.

    Args:
        device: What the rest is taken from.
        pick: Chooses each value.
    """
    data = copy.deepcopy(device.data)
    timing: dict[str, Any] = data["memspec"]["memtimingspec"]
    standard = STANDARDS[device.standard]
    rules = device.rules()

    def set_all(names: tuple[str, ...], low: int, high: int) -> None:
        for name in names:
            if name in timing:
                timing[name] = pick(low, high)

    for name in _FREE.split():
        if name in timing:
            timing[name] = pick(timing[name] // 2, timing[name] * 3 // 2 + 1)
    timing["RAS"] = max(timing["RAS"], 1)
    # As many refreshes as a round has fit into the interval of one of all banks.
    rounds = max(refresh.per_interval for refresh in rules.refreshes.values())
    all_banks, single_banks = _REFRESHES
    set_all(("REFI",), 250 * rounds, 1500 * rounds)
    set_all(("REFI1",), 500 * rounds, 3000 * rounds)  # twice the interval of the single banks'
    set_all(single_banks, 20, 60)
    set_all(all_banks, 60, 100)
    recovery = max(timing.get(name, 0) for name in all_banks)
    timing |= {name: min(timing[name], recovery) for name in ("RFC2", "RFC4") if name in timing}
    set_all(("XS", "XSR"), recovery + 1, recovery + 50)
    timing |= {name: timing["REFI"] // rounds for name in ("REFIpb", "REFISB") if name in timing}
    burst = rules.latencies.burst
    set_all(_BETWEEN_COLUMNS, burst, 3 * burst)
    if "AL" in standard.timing.split():
        additive = timing["AL"] = pick(0, timing["CL"] - 1)
        timing["RL"] = additive + timing["CL"]
        timing["WL"] += additive
    for cycle, precharge, all_precharge in (("RC", "RP", ""), ("RCpb", "RPpb", "RPab")):
        if cycle in timing:
            timing[cycle] = timing["RAS"] + timing[precharge] + pick(-1, 3)
        if all_precharge in timing:
            timing[all_precharge] = timing[precharge] + pick(0, 4)
    # What concerns fewer banks takes no longer.
    for less, more in (("_S", "_L"), ("S", "L")):
        for name in [name.removesuffix(more) for name in timing if name.endswith(more)]:
            if name + less in timing:
                timing[name + more] = max(timing[name + more], timing[name + less])
    if "RTW" in timing:
        latencies = standard.rules(timing, device.organization).latencies
        least = latencies.read - latencies.write + burst
        timing["RTW"] = max(0, least) + pick(0, 10)
    return Device.from_dict(data)
