"""Energy per command and per cycle, from a device's currents."""

from collections.abc import Mapping

from archgym.dram.device import Device
from archgym.dram.standards import Rules, Standard

_REFRESH_CURRENTS = {"PerBank": "I5PB", "Per2Bank": "I5PB", "SameBank": "I5SB"}

_MADE_OF = {
    "ACT": "I0 Ibeta I2N I3N I3N1",
    "precharge": "I0 Ibeta I2N",
    "RD": "I4R I3N I3N1",
    "WR": "I4W I3N I3N1",
    "REFAB": "I5 I5F2 I5F4 I2N I3N I3N1",
    "REFPB": "I5PB I2N I3N I3N1",
    "REFP2B": "I5PB I2N I3N I3N1",
    "REFSB": "I5SB I2N I3N I3N1",
    "active_cycle": "I2N I3N I3N1",
}
"""The currents that make up the energies which can be negative: differences."""

BOOKS = {"DDR4": 1, "LPDDR4": 2}
"""Standards whose energy DRAMSys 5.5 reports, by the number that the core has for the way in which
DRAMPower then counts times and precharges; 0 is the core's own."""


def energy_table(device: Device, standard: Standard, rules: Rules) -> dict[str, float] | None:
    """Returns the energy of each event for all devices of a rank, in nanojoules.

    The model is DRAMPower's (Chandrasekar et al., 2012; bank-wise background after Mathew et
    al., RAPIDO 2017; LPDDR4 and refresh of single banks as in DRAMPower 5): every command costs
    what it draws above the background, and the background depends on how many banks are open
    and on power-down. Interface energy is not part of it.

    A supply's currents have these symbols: I0, I4R, I4W and I6 as JEDEC names them (one bank opened
    and closed over and over, reads, writes, self-refresh); I2N with all banks precharged; I3N with
    all banks open or, as LPDDR measures it, I3N1 with one; I2P and I3P in power-down; I5, I5F2 or
    I5F4 (DDR4, by its refresh mode) and I5SB while all banks, or one of each group, are refreshed;
    I5PB on average over refreshes of one bank after the other; Ibeta during a precharge (optional,
    else I0).

    Args:
        device: Supplies the currents (A), voltages (V) and timing.
        standard: Says which of them feed which supply.
        rules: The standard, applied to the device.

    Returns:
        Energy in nJ by event: a command, `precharge` of one bank, or a state for one clock
        (`..._cycle`); and `tRCD` and `tRP` in cycles, which a rank takes to settle before it can
        power down. `None` without currents, those of its refresh mode included.
    """
    if not (device.currents and standard.power_domains):
        return None
    of_mode = [device.currents.get(d[_all_banks(device)]) for d in standard.power_domains]
    if None in of_mode or not any(of_mode):
        return None
    t = device.timing
    table = {"tRCD": float(t["RCD"]), "tRP": float(_row_precharge(t))}
    for domain in standard.power_domains:
        current = {
            symbol: device.currents[name]
            for symbol, name in domain.items()
            if name in device.currents
        }
        # A x V x ps = pJ; the table is in nJ and covers all devices of the rank.
        scale = current["V"] * device.clock_ps * device.organization.devices * 1e-3
        for event, amount in _ampere_cycles(device, rules, current).items():
            table[event] = table.get(event, 0.0) + amount * scale
    return table


def gives_back(device: Device, standard: Standard, rules: Rules) -> str | None:
    """Says which command or state has negative energy by a device's currents; `None` if none has.

    Each current by itself may look fine: it is the model's differences that must not be negative.
    """
    table = energy_table(device, standard, rules)
    if table is None:
        return None
    all_open = device.organization.banks * table["open_bank_cycle"]
    table["active_cycle"] += min(all_open, 0.0)
    for event, symbols in _MADE_OF.items():
        # Rounding errors, where currents cancel out, are no contradiction.
        if table.get(event, 0.0) < -1e-9:
            currents = {
                domain[symbol]: device.currents[domain[symbol]]
                for domain in standard.power_domains
                for symbol in symbols.split()
                if domain.get(symbol) in device.currents
            }
            made_of = ", ".join(f"{name} {value:g}" for name, value in currents.items())
            what = event.replace("_", " ")
            return (
                f"{device.label}: energy of {what} would be negative by its currents (A): {made_of}"
            )
    return None


def _ampere_cycles(device: Device, rules: Rules, current: Mapping[str, float]) -> dict[str, float]:
    """Returns the charge of each event from one supply of one device, in ampere x clock."""
    t, banks, burst = device.timing, device.organization.banks, rules.latencies.burst
    row_precharge = _row_precharge(t)
    i0, i2n = current["I0"], current["I2N"]
    i_beta = current.get("Ibeta", i0)
    i_theta = (i0 * (row_precharge + t["RAS"]) - i_beta * row_precharge) / t["RAS"]
    i3n, open_banks = (current["I3N1"], 1) if "I3N1" in current else (current["I3N"], banks)
    # Background of a rank with an open bank, and what each open bank adds to it.
    i_rho = device.power_factors.get("factRho", 1.0) * (i3n - i2n) + i2n
    i_bank = (i3n - i_rho) / open_banks
    amounts = {
        "ACT": (i_theta - (i_rho + i_bank)) * t["RAS"],
        "precharge": (i_beta - i2n) * row_precharge,
        "RD": (current["I4R"] - i3n) * burst,
        "WR": (current["I4W"] - i3n) * burst,
        "active_cycle": i_rho,
        "open_bank_cycle": i_bank,
        "precharged_cycle": i2n,
        "active_power_down_cycle": current["I3P"],
        "precharged_power_down_cycle": current["I2P"],
        "self_refresh_cycle": current["I6"],
    }
    for policy, refresh in rules.refreshes.items():
        symbol = _all_banks(device) if policy == "AllBank" else _REFRESH_CURRENTS[policy]
        i_refresh = current[symbol]
        if symbol == "I5PB":
            interval = rules.refreshes["AllBank"].interval / refresh.per_interval
            i_refresh = i2n + (i_refresh - i2n) * interval / refresh.duration
        # The banks it refreshes count as open meanwhile.
        i_background = i_rho + banks / refresh.round_size * i_bank
        amounts[refresh.command] = (i_refresh - i_background) * refresh.duration
    return amounts


def _all_banks(device: Device) -> str:
    """Returns the symbol of what a refresh of all banks draws, in the device's refresh mode."""
    mode = device.timing.get("REFM", 1)
    return "I5" if mode == 1 else f"I5F{mode}"


def _row_precharge(t: Mapping[str, int]) -> int:
    """Returns tRP, of one bank where a standard distinguishes it from that of all banks."""
    return t["RPpb"] if "RPpb" in t else t["RP"]
