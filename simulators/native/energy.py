"""Energy per command and per cycle, from a device's currents."""

from archgym.dram.device import Device
from archgym.dram.standards import Rules, Standard

_EVENTS = (
    "activate", "precharge", "read", "write", "refresh",
    "rank_active_cycle", "bank_active_cycle", "rank_precharged_cycle",
)  # fmt: skip


def energy_table(device: Device, standard: Standard, rules: Rules) -> dict[str, float] | None:
    """Returns the energy of each event for all devices of a rank, in nanojoules.

    The model is DRAMPower's (Chandrasekar et al., 2012; bank-wise background after Mathew et
    al., RAPIDO 2017): every command costs what it draws above the background, and the background
    depends on how many banks are open. Interface energy is not part of it.

    Args:
        device: Supplies the currents (A), voltages (V) and timing.
        standard: Says which of them feed which supply.
        rules: The standard, applied to the device.

    Returns:
        Energy in nJ by event; a `_cycle` event lasts one clock. `None` without currents.
    """
    if not device.currents:
        return None
    total = dict.fromkeys(_EVENTS, 0.0)
    t = device.timing
    burst = device.organization.burst_length / 2
    banks = device.organization.banks
    rho = device.power_factors.get("factRho", 1.0)
    for domain in standard.power_domains:
        current = {
            symbol: device.currents[name] for symbol, name in domain.items() if symbol != "Ibeta"
        }
        i0, i2n, i3n = current["I0"], current["I2N"], current["I3N"]
        i_beta = device.currents.get(domain["Ibeta"], i0)
        # Background of a rank with an open bank, and what each open bank adds to it.
        i_rho = rho * (i3n - i2n) + i2n
        i_one = (i3n + (banks - 1) * i_rho) / banks
        i_theta = (i0 * (t["RP"] + t["RAS"]) - i_beta * t["RP"]) / t["RAS"]
        ampere_cycles = {
            "activate": (i_theta - i_one) * t["RAS"],
            "precharge": (i_beta - i2n) * t["RP"],
            "read": (current["I4R"] - i3n) * burst,
            "write": (current["I4W"] - i3n) * burst,
            "refresh": (current["I5"] - i3n) * rules.refreshes["AllBank"].duration,
            "rank_active_cycle": i_rho,
            "bank_active_cycle": i_one - i_rho,
            "rank_precharged_cycle": i2n,
        }
        # A x V x ps = pJ; the table is in nJ and covers all devices of the rank.
        scale = current["V"] * device.clock_ps * device.organization.devices * 1e-3
        for event, amount in ampere_cycles.items():
            total[event] += amount * scale
    return total
