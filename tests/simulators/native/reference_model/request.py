"""What travels through the model, and the vocabulary that all its parts share."""

from dataclasses import dataclass

NEVER = 1 << 62
READ, WRITE = ("RD", "RDA"), ("WR", "WRA")
ACCESS = READ + WRITE


@dataclass(eq=False)
class Request:
    """One burst, and what happens to it (cycles; -1 until it has happened)."""

    arrival: int
    is_write: bool
    bank: int  # of all banks of the channel
    row: int
    address: int
    channel: int = 0
    initiator: int = 0
    index: int = -1  # among the initiator's
    order: int = 0  # in which the controller accepted it, from 1
    req_begin: int = -1
    resp_end: int = -1  # towards the controller: what the service latency is counted to
    finished: int = -1  # at the initiator: what the latency is counted to
