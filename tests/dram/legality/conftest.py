"""Commands as (cycle, name, bank, row, rank), where those to a whole rank leave out the bank."""

import copy
from collections.abc import Callable

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.dram.standards import COMMANDS

FIELDS = [
    ("time_ps", "i8"),
    ("command", "u1"),
    ("rank", "u1"),
    ("bank", "u2"),
    ("row", "i4"),
]


def make_trace(device, *commands):
    rows = []
    for cycle, name, *where in sorted(commands, key=lambda command: command[0]):
        bank, row, rank = [*where, 0, 0, 0][:3]
        rows.append((cycle * device.clock_ps, COMMANDS.index(name), rank, bank, row))
    return np.array(rows, dtype=FIELDS)


def broken_rules(device, *commands, refreshes=False):
    found = check(make_trace(device, *commands), device, refreshes=refreshes)
    return {violation.rule for violation in found}


@pytest.fixture(scope="session")
def trace() -> Callable[..., np.ndarray]:
    """The array of commands that the checker takes."""
    return make_trace


@pytest.fixture(scope="session")
def rules() -> Callable[..., set[str]]:
    """The names of the rules that commands break."""
    return broken_rules


@pytest.fixture(scope="session")
def assert_earliest() -> Callable[..., None]:
    """The last command is legal where it stands, and breaks the named rule a cycle earlier."""

    def assert_last(device, rule, commands):
        *before, (cycle, *last) = commands
        assert broken_rules(device, *before, (cycle, *last)) == set()
        assert rule in broken_rules(device, *before, (cycle - 1, *last))

    return assert_last


@pytest.fixture(scope="session")
def make_device() -> Callable[..., Device]:
    """A bundled device, in several ranks or with other timing."""

    def make(name, ranks=1, **timing):
        data = copy.deepcopy(Device.load(name).data)
        data["memspec"]["memarchitecturespec"]["nbrOfRanks"] = ranks
        data["memspec"]["memtimingspec"] |= timing
        return Device.from_dict(data)

    return make
