"""Hypothesis strategies that make small systems, controller designs and traces.

For property tests of any simulator; they need the package `hypothesis`. What they draw is small
and crowded on purpose: requests that meet in few banks and rows, refreshes every few hundred
cycles, buffers of a few entries.
"""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.testing.devices import with_other_timing
from archgym.dram.workload import Workload
from archgym.traces.trace import Trace

ONE_RANK = ("ddr3-1600", "ddr4-2400")


class Access(NamedTuple):
    """One request, by where it goes.

    Attributes:
        arrival_ps: When it arrives, in picoseconds.
        bank: Bank, counted over all bank groups and ranks; beyond the last it starts over.
        row: Row of the bank.
        column: First burst in the row; bursts follow each other as the address mapping has it.
        is_write: Whether it writes.
        bursts: How many bursts it asks for.
    """

    arrival_ps: int
    bank: int
    row: int
    column: int = 0
    is_write: bool = False
    bursts: int = 1


def make_workload(device: Device, accesses: list[Access]) -> Workload:
    """Returns the workload of accesses (ascending in arrival) on one channel of a device."""
    system = System(device)
    organization = device.organization
    arrival_ps, bank, row, column, is_write, bursts = (
        np.array(values) for values in zip(*accesses, strict=True)
    )
    rank, bank = np.divmod(bank % system.banks, organization.banks)
    rank, pseudo_channel = np.divmod(rank, organization.pseudo_channels)
    group, within = np.divmod(bank, organization.banks_per_group)
    stack, group = np.divmod(group, organization.bank_groups // organization.stacks)
    if "BURST_BIT" not in system.mapping.levels:
        column = column * organization.burst_length
    address = system.mapping.encode(
        {
            "rank": rank,
            "pseudochannel": pseudo_channel,
            "stack": stack,
            "bankgroup": group,
            "bank": within,
            "row": row,
            "column": column,
        }
    )
    size = (bursts * organization.bytes_per_burst).astype(np.uint32)
    initiator = np.zeros(len(accesses), np.uint16)
    return Workload(system, Trace(arrival_ps, address, is_write, size, initiator))


def one_channel(device: Device) -> Device:
    """Returns a device with one of its channels, whose address bits are closed up."""
    data = copy.deepcopy(device.data)
    data["memspec"]["memarchitecturespec"]["nbrOfChannels"] = 1
    gone = data["addressmapping"].pop("CHANNEL_BIT", [])

    def closed_up(bits: Any) -> Any:
        if isinstance(bits, list):
            return [closed_up(bit) for bit in bits]
        return bits - sum(bit < bits for bit in gone)

    mapping = data["addressmapping"].items()
    data["addressmapping"] = {level: closed_up(bits) for level, bits in mapping}
    return Device.from_dict(data)


@st.composite
def devices(draw: st.DrawFn, names: Sequence[str] = ONE_RANK) -> Device:
    """One channel of bundled devices, as it is or with other timing and frequent refreshes."""
    device = one_channel(Device.load(draw(st.sampled_from(names))))
    if draw(st.booleans()):
        return device
    return with_other_timing(device, lambda low, high: draw(st.integers(low, high)))


def _consistent(design: dict[str, Any]) -> dict[str, Any]:
    """Keeps to what a simulator demands of several parameters at once."""
    low, above = design.pop("LowWatermark", 1), design.pop("HighWatermark", 3)
    if design["Scheduler"] == "GrpFrFcfsWm":
        design |= {"LowWatermark": low, "HighWatermark": low + above}
    if design["Scheduler"] != "Fifo":
        design.pop("CmdMux", None)
    return design


def designs(device: Device | None = None) -> SearchStrategy[dict[str, Any]]:
    """Controller designs of any policy, with small buffers, limits and delays.

    Args:
        device: What refreshes and power-down are chosen for; by default, all banks of a rank are
            refreshed, or none, and never powered down.
    """
    small = st.integers(1, 6)
    delay = st.integers(0, 3)
    refreshes: Sequence[Any] = ("NoRefresh", "AllBank")
    power_down: Sequence[Any] = ("NoPowerDown",)
    if device is not None:
        rules = device.rules()
        refreshes = ("NoRefresh", *rules.refreshes)
        power_down = PARAMETERS["PowerDownPolicy"].values
    return st.fixed_dictionaries(
        {
            "PagePolicy": st.sampled_from(PARAMETERS["PagePolicy"].values),
            "Scheduler": st.sampled_from(PARAMETERS["Scheduler"].values),
            "SchedulerBuffer": st.sampled_from(PARAMETERS["SchedulerBuffer"].values),
            "RequestBufferSize": st.integers(1, 12),
            "RespQueue": st.sampled_from(PARAMETERS["RespQueue"].values),
            "RefreshPolicy": st.sampled_from(refreshes),
            "RefreshMaxPostponed": st.integers(0, 10),
            "RefreshMaxPulledin": st.integers(0, 10),
            "PowerDownPolicy": st.sampled_from(power_down),
            "Arbiter": st.sampled_from(PARAMETERS["Arbiter"].values),
            "MaxActiveTransactions": st.one_of(st.integers(1, 12), st.just(128)),
        },
        optional={
            "RequestBufferSizeRead": small,
            "RequestBufferSizeWrite": small,
            "LowWatermark": small,
            "HighWatermark": small,
            "RowHitCap": small,
            "CmdMux": st.sampled_from(PARAMETERS["CmdMux"].values),
            "ArbitrationDelayFw": delay,
            "ArbitrationDelayBw": delay,
            "ThinkDelayFw": delay,
            "ThinkDelayBw": delay,
            "PhyDelayFw": delay,
            "PhyDelayBw": delay,
        },
    ).map(_consistent)


@st.composite
def accesses(draw: st.DrawFn, max_size: int = 60) -> list[Access]:
    """Requests to few banks, rows and columns, in bursts with idle time between."""
    banks = draw(st.lists(st.integers(0, 63), min_size=1, max_size=4, unique=True))
    gap_ps = st.one_of(st.just(0), st.integers(0, 40_000), st.integers(0, 3_000_000))
    drawn = draw(
        st.lists(
            st.builds(
                Access,
                gap_ps,
                st.sampled_from(banks),
                st.integers(0, 2),
                st.integers(0, 3),
                st.booleans(),
                st.sampled_from([1, 1, 1, 1, 2, 3]),
            ),
            min_size=1,
            max_size=max_size,
        )
    )
    arrivals = np.cumsum([access.arrival_ps for access in drawn])
    return [
        access._replace(arrival_ps=int(arrival))
        for access, arrival in zip(drawn, arrivals, strict=True)
    ]


class Run(NamedTuple):
    """What to simulate.

    Attributes:
        device: One channel of a device.
        accesses: What it is asked for.
        design: A controller for it.
    """

    device: Device
    accesses: list[Access]
    design: dict[str, Any]


@st.composite
def runs(draw: st.DrawFn, names: Sequence[str], max_size: int = 60) -> Run:
    """Devices with accesses, and designs of every refresh and power-down policy that they offer."""
    device = draw(devices(names))
    return Run(device, draw(accesses(max_size)), draw(designs(device)))
