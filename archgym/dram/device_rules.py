"""What a device's data must keep to: the names of a standard, physics, and each other.

Data that contradict themselves are refused, not repaired: nobody can tell which of the figures is
the wrong one. The one exception is a clock of rounding in tRC.
"""

from collections.abc import Iterable, Mapping, Sequence

from archgym.dram.organization import Organization
from archgym.dram.section import Section
from archgym.dram.standards import Rules, Standard
from archgym.dram.standards.constraint import pairs
from archgym.errors import ArchgymError

# No device draws more, not even a module that is described as one device (2 A), while a file in mA
# has figures of tens and hundreds; nor a hundredth of an ampere from DDR4's Vpp, of which the bound
# leaves room for such a module. No supply of a DRAM core is outside of these voltages.
_MAX_CURRENT_A = 5.0
_MAX_PUMP_CURRENT_A = 0.5
# Cycles, whatever their length; JEDEC's longest are 3,072.
_SPACINGS = ("CCD", "PPD", "RRD")
"""How the names begin of what keeps commands to any two banks of a rank apart."""

_DLL_LOCKS = ("XSDLL", "XS_DLL")
_MAX_DLL_LOCK = 1 << 14
_ORDER = [
    *(("CCD_S", "CCD_L"), ("RRD_S", "RRD_L"), ("WTR_S", "WTR_L")),
    *(("CCDS", "CCDL"), ("RRDS", "RRDL"), ("WTRS", "WTRL")),
    *(("RFC2", "RFC1"), ("RFC4", "RFC2"), ("RFC4", "RFC1")),
    *(("RFCpb", "RFCab"), ("RFCsb", "RFC1"), ("RFCSB", "RFC"), ("RPpb", "RPab")),
]
_MIN_VOLTAGE, _MAX_VOLTAGE = 0.3, 5.0


def check_architecture(architecture: Section, organization: Organization, known: Standard) -> None:
    """Checks bursts against the standard, and what is given twice against itself.

    Raises:
        ArchgymError: The standard does not have it.
    """
    if architecture.integer("dataRate") != known.beats_per_cycle:
        expected = f"{known.beats_per_cycle}, the beats of data in a clock cycle of {known.name}"
        raise architecture.wrong("dataRate", expected)
    if organization.burst_length not in known.burst_lengths:
        lengths = " or ".join(map(str, known.burst_lengths))
        raise architecture.wrong("burstLength", f"{lengths}, as {known.name} is simulated")
    given = architecture.data
    for key in ("nbrOfRanks", "nbrOfPseudoChannels", "nbrOfStacks"):
        if given.get(key, 1) != 1 and key not in known.levels.split():
            raise architecture.wrong(key, f"1, as {known.name} is simulated")
    if "maxBurstLength" in given:
        longest = architecture.integer("maxBurstLength")
        if longest < organization.burst_length:
            expected = f"at least burstLength, {organization.burst_length}"
            raise architecture.wrong("maxBurstLength", expected)
    if "per2BankOffset" in given:
        offset = architecture.integer("per2BankOffset")
        if offset != organization.banks // 2:
            expected = f"half the banks, {organization.banks // 2}"
            raise architecture.wrong("per2BankOffset", expected)


def check_clock(timing: Section, clock_ps: int, standard: Standard | None) -> None:
    """Checks that there are memories with such a clock.

    Raises:
        ArchgymError: It is in another unit, or faster than the standard's devices are.
    """
    if not 1 <= clock_ps <= 10**5:
        raise timing.wrong("tCK", "a clock period in seconds, 1e-7 at most")
    if standard is not None:
        fastest_ps = standard.beats_per_cycle * 1e6 / standard.fastest_mt_per_s
        if clock_ps < int(fastest_ps):
            expected = (
                f"{fastest_ps * 1e-12:.3g} at least: "
                f"no {standard.name} transfers more than {standard.fastest_mt_per_s} MT/s"
            )
            raise timing.wrong("tCK", expected)


def larger_row_cycle(timing: Section, cycles: Mapping[str, int]) -> dict[str, int]:
    """Returns timing with a row cycle, tRC, of at least tRAS + tRP.

    An automatic precharge starts no earlier than tRAS after the activate. Each of the three may
    have been rounded up to whole clocks by itself, so that tRC may be one short of the sum.

    Args:
        timing: Where errors are.
        cycles: Its parameters.

    Raises:
        ArchgymError: tRC is shorter by more than a clock.
    """
    cycles = dict(cycles)
    for row_cycle, precharge in (("RC", "RP"), ("RCpb", "RPpb")):
        if row_cycle in cycles and precharge in cycles and "RAS" in cycles:
            least = cycles["RAS"] + cycles[precharge]
            if cycles[row_cycle] < least - 1:
                expected = f"at least RAS + {precharge} = {cycles['RAS']} + {cycles[precharge]}"
                raise timing.wrong(row_cycle, expected)
            cycles[row_cycle] = max(cycles[row_cycle], least)
    return cycles


def read_refresh_mode(architecture: Section, timing: Section, modes: Sequence[int]) -> int:
    """Returns the mode of refresh, which DRAMSys's files state in two places.

    Args:
        architecture: Where it may be `RefMode`.
        timing: Where it may be `REFM`.
        modes: Those of the standard, the usual one first.

    Raises:
        ArchgymError: It is none of these, the two places differ, or its tRFC is missing.
    """
    given = []
    for section, key in ((architecture, "RefMode"), (timing, "REFM")):
        if key in section.data:
            given.append(section.integer(key))
            if given[-1] not in modes:
                *others, last = modes
                raise section.wrong(key, f"{', '.join(map(str, others))} or {last}")
    if len(set(given)) > 1:
        raise timing.wrong("REFM", f"as memarchitecturespec.RefMode, {given[0]}")
    mode = given[0] if given else modes[0]
    timing.require([f"RFC{mode}"])
    return mode


def check_timing(
    timing: Section, t: Mapping[str, int], organization: Organization, standard: Standard
) -> None:
    """Checks timing parameters against each other.

    Raises:
        ArchgymError: Two contradict each other.
    """
    rules = standard.rules(t, organization)
    _check_delays(timing, t, standard, rules)
    _check_latencies(timing, t, standard)
    _check_data_bus(timing, t, organization, rules)
    _check_order(timing, t)
    if "REFIpb" in standard.timing.split():
        share = max(refresh.per_interval for refresh in rules.refreshes.values())
        longest = -(-t["REFI"] // share)
        if t["REFIpb"] > longest:
            expected = f"at most REFI / {share} = {longest}, for {share} refreshes a REFI"
            raise timing.wrong("REFIpb", expected)


def _check_delays(timing: Section, t: Mapping[str, int], standard: Standard, rules: Rules) -> None:
    """Checks that no delay reaches the interval of refreshes; locking a DLL has its own limit.

    Otherwise a single access would outlast any number of refreshes, and a simulation of it too.
    What keeps any two commands of a rank apart must leave room for the refreshes of single banks.
    """
    shortest = min(refresh.interval for refresh in rules.refreshes.values())
    interval = "REFI1" if "REFI1" in t else "REFI"
    for name in standard.timing.split():
        if name in _DLL_LOCKS:
            if t[name] > _MAX_DLL_LOCK:
                expected = f"at most {_MAX_DLL_LOCK}, as no DLL takes longer to lock"
                raise timing.wrong(name, expected)
        elif not name.startswith("REFI") and t[name] >= t[interval]:
            expected = f"below {interval}, {t[interval]}, in which a refresh falls due"
            raise timing.wrong(name, expected)
        elif name.startswith(_SPACINGS) and t[name] >= shortest:
            expected = f"below {shortest}, in which the refresh of a bank falls due"
            raise timing.wrong(name, expected)


def _check_order(timing: Section, t: Mapping[str, int]) -> None:
    """Checks that what concerns fewer banks or rows takes no longer, and no data come at once."""
    for less, more in _ORDER:
        # Files state 0 for what the refresh mode does not need.
        if t.get(more) and t.get(less, 0) > t[more]:
            raise timing.wrong(less, f"at most {more}, {t[more]}")
    for name in ("RL", "WL"):
        if t[name] < 1:
            raise timing.wrong(name, "at least 1: data follow their command")


def _check_latencies(timing: Section, t: Mapping[str, int], standard: Standard) -> None:
    """Checks RL and WL against what they are made of: additive and CAS (write) latency."""
    if "AL" not in standard.timing.split():
        if t.get("AL", 0):
            raise timing.wrong("AL", f"0: {standard.name} has no additive latency")
        return
    additive, cas = t["AL"], t["CL"]
    if additive and additive >= cas:
        raise timing.wrong("AL", f"below CL, {cas}")
    if t["RL"] != additive + cas:
        raise timing.wrong("RL", f"AL + CL = {additive} + {cas}")
    if "CWL" in t:
        if t["WL"] != additive + t["CWL"]:
            raise timing.wrong("WL", f"AL + CWL = {additive} + {t['CWL']}")
    elif t["WL"] < additive:
        raise timing.wrong("WL", f"at least AL, {additive}, which is part of it")


def _check_data_bus(
    timing: Section, t: Mapping[str, int], organization: Organization, rules: Rules
) -> None:
    """Checks that the data bus of a rank need carry one burst at a time only."""
    burst = rules.latencies.burst
    for name in t:
        if name.startswith("CCD") and t[name] < burst:
            length = organization.burst_length
            expected = f"at least {burst}, for which a burst of {length} occupies the data bus"
            raise timing.wrong(name, expected)
    if "RTW" in t:
        least = rules.latencies.read - rules.latencies.write + burst
        if t["RTW"] < least:
            raise timing.wrong("RTW", f"at least {least}, for read data to end before write data")
    # Offsets between strobes and data may be so large that read data would come first.
    turnaround = max(
        pair.cycles
        for pair in pairs(rules.constraints)
        if (pair.scope, *pair.previous, *pair.following) == ("rank", "WR", "RD")
    )
    lacking = rules.latencies.write - rules.latencies.read + burst - turnaround
    if lacking > 0:
        key = next(name for name in ("WTR", "WTR_S", "WTRS") if name in t)
        expected = f"at least {t[key] + lacking}, for write data to end before read data"
        raise timing.wrong(key, expected)


def read_currents(power: Section, standard: Standard | None) -> dict[str, float]:
    """Returns currents (A) and voltages (V); none if all currents that are used are 0.

    Raises:
        ArchgymError: One is missing, no number, or not what a DRAM can have in amperes or volts.
    """
    figures = {key: power.number(key) for key in power.data}
    supplies = [] if standard is None else [*standard.power_domains]
    used = _currents(name for supply in supplies for name in supply.values()) or list(figures)
    if not any(figures.get(name, 0.0) for name in _currents(used)):
        return {}
    for name in _currents(figures):
        most = _MAX_PUMP_CURRENT_A if name.startswith("ipp") else _MAX_CURRENT_A
        if figures[name] > most:
            expected = f"in A: no DRAM draws more than {most:g} A a device"
            raise power.wrong(name, expected)
    required = [] if standard is None else standard.currents.split()
    power.require(required)
    for supply in supplies:
        voltage = supply["V"]
        draws = any(figures.get(name, 0.0) for name in _currents(supply.values()))
        if not draws:
            continue
        if not _MIN_VOLTAGE <= figures[voltage] <= _MAX_VOLTAGE:
            raise power.wrong(voltage, f"in V, {_MIN_VOLTAGE:g} to {_MAX_VOLTAGE:g}")
        for name in _currents(supply.values()):
            # The pump may rest; what a device need not give may be 0 too.
            if name in required and not name.startswith("ipp") and not figures[name]:
                raise power.wrong(name, "above 0, as other currents of its supply are")
    return figures


def _currents(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith("i")]


def read_power_factors(bankwise: Section) -> dict[str, float]:
    """Returns the factors of the bank-wise power model.

    Raises:
        ArchgymError: One is no fraction.
    """
    if "factRho" not in bankwise.data:
        return {}
    factor = bankwise.number("factRho")
    if factor > 1:
        raise bankwise.wrong("factRho", "from 0 to 1")
    return {"factRho": factor}


def check_width(architecture: Section, organization: Organization) -> None:
    """Checks that a rank is a byte wide at least, as addresses count bytes.

    Raises:
        ArchgymError: It is narrower.
    """
    pins = organization.width * organization.devices
    if pins < 8:
        raise ArchgymError(
            f"{architecture.where}: {architecture.prefix}width x nbrOfDevices is "
            f"{organization.width} x {organization.devices} bits, but a rank narrower than a byte "
            "is not supported"
        )
