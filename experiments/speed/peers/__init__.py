"""Other simulators, run as programs on the work that the native simulator does beside them."""

from experiments.speed.peers.dramsim3 import DRAMSIM3
from experiments.speed.peers.dramsys import DRAMSYS
from experiments.speed.peers.peer import Peer
from experiments.speed.peers.ramulator2 import RAMULATOR2

PEERS: tuple[Peer, ...] = (RAMULATOR2, DRAMSYS, DRAMSIM3)
