"""A memory system: a device, its channels and ranks, and the address mapping."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from archgym.dram.address_mapping import AddressMapping, Bits
from archgym.dram.device import Device
from archgym.errors import ArchgymError

Ints = npt.NDArray[np.int32]


class Locations(NamedTuple):
    """Where addresses lie; arrays of equal shape.

    Attributes:
        channel: Channel.
        rank: Rank in the channel; a pseudo channel of HBM counts as one.
        bank_group: Bank group in the *channel*: rank-major, then stack, then group.
        bank: Bank in the *channel*: `bank_group` x banks per group + bank in the group.
        row: Row in the bank.
        column: First column of the burst.
    """

    channel: Ints
    rank: Ints
    bank_group: Ints
    bank: Ints
    row: Ints
    column: Ints


class System:
    """Channels and ranks of a device behind an address mapping.

    Args:
        device: The device; its data say how many channels, ranks and devices per rank there are.
        mapping: Replaces the device's own address mapping.

    Raises:
        ArchgymError: The mapping is not invertible or does not fit the device.
    """

    def __init__(
        self, device: Device, mapping: AddressMapping | Mapping[str, Bits] | None = None
    ) -> None:
        self.device = device
        try:
            if not isinstance(mapping, AddressMapping):
                mapping = AddressMapping(device.address_mapping if mapping is None else mapping)
            mapping.check(device.organization)
        except ArchgymError as error:
            raise ArchgymError(f"device {device.label}: {error}") from error
        self.mapping = mapping

    @classmethod
    def load(cls, device: str | Path) -> "System":
        """Returns the system that a device's data describe.

        Args:
            device: A bundled device's name, or the path of a device file.
        """
        return cls(Device.load(device))

    @property
    def channels(self) -> int:
        """Independent channels."""
        return self.device.organization.channels

    @property
    def ranks(self) -> int:
        """Ranks per channel; a pseudo channel of HBM counts as one."""
        organization = self.device.organization
        return organization.ranks * organization.pseudo_channels

    @property
    def banks(self) -> int:
        """Banks per channel, over all ranks."""
        return self.ranks * self.device.organization.banks

    @property
    def capacity(self) -> int:
        """Bytes of the whole system; addresses lie below it."""
        return self.mapping.capacity

    @cached_property
    def sha256(self) -> str:
        """Hash of the device's data and the mapping."""
        content = f"{self.device.sha256} {sorted(self.mapping.levels.items())}"
        return hashlib.sha256(content.encode()).hexdigest()

    def locate(self, addresses: npt.NDArray[np.uint64]) -> Locations:
        """Decodes addresses into channel, rank, bank, row and column.

        Args:
            addresses: Addresses below `capacity`, of any shape.
        """
        levels = self.mapping.decode(addresses)
        organization = self.device.organization

        def level(name: str) -> Ints:
            if name not in levels:
                return np.zeros(np.shape(addresses), np.int32)
            return levels[name].astype(np.int32)

        rank = level("rank") * organization.pseudo_channels + level("pseudochannel")
        bank_group = level("bankgroup")
        if self.ranks * organization.stacks > 1:
            stack = rank * organization.stacks + level("stack")
            bank_group += stack * (organization.bank_groups // organization.stacks)
        return Locations(
            channel=level("channel"),
            rank=rank,
            bank_group=bank_group,
            bank=bank_group * organization.banks_per_group + level("bank"),
            row=level("row"),
            column=level("column"),
        )
