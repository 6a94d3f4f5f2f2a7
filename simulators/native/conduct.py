"""What a simulation keeps to: JEDEC's rules, or what DRAMSys 5.5 makes of them."""

from dataclasses import dataclass, replace

from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS, Rules
from archgym.dram.standards.constraint import pairs
from archgym.simulators.native import _core
from archgym.simulators.native.energy import BOOKS


@dataclass(frozen=True)
class Conduct:
    """The rules that the controller and the player keep to.

    Attributes:
        rules: Timing constraints, activate windows, refreshes and latencies.
        refresh_flexibility: The most refreshes of all banks to postpone, pull in or skip in a row.
        windows_by_last: Whether an activate window, which lasts from the end of one command to the
            end of another, reckons with the length of the last command that it counts instead of
            that of the one that has to wait.
        energy_books: Number of the way to account for energy, see `energy.BOOKS`.
        handshakes: Whether an initiator asks for one thing at a time and takes one response at a
            time, as by DRAMSys's protocol, whose messages also wake a controller that sleeps over
            commands that became ready unnoticed.
        first_at_once: Whether the first request is presented at time 0, whatever its arrival.
    """

    rules: Rules
    refresh_flexibility: int
    windows_by_last: bool = False
    handshakes: bool = False
    first_at_once: bool = False
    energy_books: int = 0


def jedec(device: Device) -> Conduct:
    """Returns the rules of a device's standard."""
    standard = STANDARDS[device.standard]
    return Conduct(device.rules(), standard.refresh_flexibility)


def dramsys(device: Device) -> Conduct:
    """Returns what DRAMSys 5.5 keeps to on a device.

    Its controller has no bound on the refreshes postponed, pulled in or issued in a burst but the
    design's own. What else differs between standards is with them.
    """
    standard = STANDARDS[device.standard]
    rules = (standard.dramsys_rules or standard.rules)(device.timing, device.organization)
    enforced = [
        pair
        for pair in pairs(rules.constraints)
        if (pair.previous[0], pair.following[0]) not in standard.dramsys_omits
    ]
    return Conduct(
        replace(rules, constraints=enforced),
        refresh_flexibility=_core.UNBOUNDED,
        windows_by_last=True,
        handshakes=True,
        first_at_once=True,
        energy_books=BOOKS.get(standard.name, 0),
    )
