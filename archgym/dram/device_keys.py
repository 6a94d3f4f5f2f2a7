"""The keys that a device file may have; any other would go unread, most likely a misspelt one."""

from archgym.dram.section import Section
from archgym.dram.standards import Standard

ROOT = ["name", "source", "player_clock_MHz", "bytes_per_request", "addressmapping", "memspec"]
"""The keys of a device file."""

ORGANIZATION: dict[str, tuple[str, int | None]] = {
    "channels": ("nbrOfChannels", None),
    "ranks": ("nbrOfRanks", 1),
    "pseudo_channels": ("nbrOfPseudoChannels", 1),
    "stacks": ("nbrOfStacks", 1),
    "bank_groups": ("nbrOfBankGroups", 1),
    "banks": ("nbrOfBanks", None),
    "rows": ("nbrOfRows", None),
    "columns": ("nbrOfColumns", None),
    "width": ("width", None),
    "devices": ("nbrOfDevices", None),
    "burst_length": ("burstLength", None),
}
"""Field of `Organization` -> its key under `memarchitecturespec`, and the value without it."""

_ARCHITECTURE = [
    *(key for key, _ in ORGANIZATION.values()),
    *("dataRate", "maxBurstLength", "per2BankOffset"),
]
_INTERFACE_PINS = ["ca", "ck", "wck", "rdq", "wdq", "rdqs", "wdqs", "rdbi", "wdbi"]

INTERFACE: dict[str, list[str]] = {
    "memimpedancespec": [
        f"{pin}_{figure}" for pin in _INTERFACE_PINS for figure in ("R_eq", "dyn_E", "termination")
    ],
    "prepostamble": [
        f"{access}{figure}"
        for access in ("read", "write")
        for figure in ("MinTccd", "_ones", "_zeroes", "_ones_to_zeroes", "_zeroes_to_ones")
    ],
    "dataratespec": ["ca_bus_rate", "dq_bus_rate", "dqs_bus_rate"],
}
"""Sections of DRAMSys about the energy of the interface, which is not part of the core's, by their
keys: known and not read."""

_MEMSPEC = [
    *("memoryId", "memoryType", "memarchitecturespec", "memtimingspec"),
    *("mempowerspec", "bankwisespec"),
    *INTERFACE,
]
_BANKWISE = ["factRho", "factSigma", "hasPASR", "pasrMode"]


def check_keys(memspec: Section, standard: Standard) -> None:
    """Checks that every key under `memspec` is one that is read, or known not to matter.

    Raises:
        ArchgymError: A key is unknown, or asks for what is not simulated.
    """
    ignored, optional = " ".join(standard.ignores).split(), standard.optional.split()
    memspec.allow(_MEMSPEC)
    memspec.section("memarchitecturespec").allow([*_ARCHITECTURE, *optional])
    memspec.section("memtimingspec").allow(["tCK", *standard.timing.split(), *optional, *ignored])
    used = {name for domain in standard.power_domains for name in domain.values()}
    unread = standard.unread_power.split()
    power = memspec.section("mempowerspec", optional=True)
    power.allow([*standard.currents.split(), *used, *unread, *optional, *ignored])
    bankwise = memspec.section("bankwisespec", optional=True)
    bankwise.allow(_BANKWISE)
    if bankwise.data.get("hasPASR", False) not in (False, 0):
        raise bankwise.wrong("hasPASR", "false: self-refresh of part of the array is not simulated")
    for name, keys in INTERFACE.items():
        memspec.section(name, optional=True).allow(keys)
