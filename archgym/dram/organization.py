"""How a memory system's storage is divided."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Organization:
    """How a memory system's storage is divided; every count is a power of two.

    Attributes:
        channels: Independent channels.
        ranks: Ranks per channel.
        pseudo_channels: Pseudo channels per channel (HBM); a simulator treats them as ranks.
        stacks: Stacks per rank (HBM).
        bank_groups: Bank groups per rank, over all stacks.
        banks: Banks per rank, over all bank groups.
        rows: Rows per bank.
        columns: Columns per row.
        width: Data pins per device.
        devices: Devices per rank, which work in lockstep.
        burst_length: Beats per burst.
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
        """Banks per bank group."""
        return self.banks // self.bank_groups

    @property
    def bytes_per_beat(self) -> int:
        """Bytes that a rank transfers at each clock edge."""
        return self.width * self.devices // 8

    @property
    def bytes_per_burst(self) -> int:
        """Bytes that one read or write command transfers."""
        return self.bytes_per_beat * self.burst_length
