"""How a memory system's storage is divided."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Organization:
    """How a memory system's storage is divided; every count is a power of two.

    Attributes:
        channels: Independent channels.
        ranks: Ranks a channel.
        pseudo_channels: Pseudo channels a channel (HBM); a simulator treats them as ranks.
        stacks: Stacks a rank (HBM).
        bank_groups: Bank groups a rank, over all stacks.
        banks: Banks a rank, over all bank groups.
        rows: Rows a bank.
        columns: Columns a row.
        width: Data pins a device.
        devices: Devices a rank, which work in lockstep.
        burst_length: Beats a burst.
    """

    channels: int
    ranks: int
    pseudo_channels: int
    stacks: int
    bank_groups: int
    banks: int
    rows: int
    columns: int
    width: int
    devices: int
    burst_length: int

    @property
    def banks_per_group(self) -> int:
        """Banks a bank group."""
        return self.banks // self.bank_groups

    @property
    def bytes_per_beat(self) -> int:
        """Bytes that a rank transfers at each clock edge."""
        return self.width * self.devices // 8

    @property
    def bytes_per_burst(self) -> int:
        """Bytes that one read or write command transfers."""
        return self.bytes_per_beat * self.burst_length
