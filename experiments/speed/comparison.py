"""The native simulator beside others, on the same device and traces."""

import os
import tempfile
from functools import partial
from pathlib import Path

from archgym.dram.workload import Workload
from archgym.simulators.native import Native
from experiments.speed.clock import cpu, in_turn, median
from experiments.speed.peers import PEERS
from experiments.speed.peers.peer import Peer, Run
from experiments.speed.saturating import NAMES, saturating, write_stl
from experiments.speed.simulator import simulate

DEVICE = "ddr4-2400"


def compare(requests: int, repeats: int) -> dict[str, dict[str, dict[str, float]]]:
    """Compares the native simulator with every peer that there is.

    A peer's speed is that between a trace and a tenth of it, so that its start doesn't count, but
    reading its trace does. Hence there are two ratios to it: of simulating a trace that has been
    decoded, which many designs share, and of reading an `.stl` file, decoding and simulating it.

    Args:
        requests: How many a trace has.
        repeats: How often each is run.

    Returns:
        By peer and trace: `peer`, `native` and `native_from_file` in requests per CPU second,
        `ratio` and `ratio_from_file` of the native simulator to the peer, and the simulated time
        of both in ns.
    """
    return {
        peer.name: {
            trace: _compare(peer, os.environ[peer.variable], trace, requests, repeats)
            for trace in NAMES
        }
        for peer in PEERS
        if os.environ.get(peer.variable)
    }


def _compare(peer: Peer, program: str, trace: str, requests: int, repeats: int) -> dict[str, float]:
    simulator = Native()
    with tempfile.TemporaryDirectory() as name:
        workload, tenth = (saturating(trace, DEVICE, n) for n in (requests, requests // 10))
        simulated_ns, tenth_ns = (
            simulate(simulator, peer.design, played)["runtime_ns"] for played in (workload, tenth)
        )
        whole = Run(peer, program, workload, simulated_ns, Path(name, "whole"))
        part = Run(peer, program, tenth, tenth_ns, Path(name, "part"))
        file = Path(name, "trace.stl")
        write_stl(workload, file)

        def from_file() -> None:
            simulate(Native(), peer.design, Workload.from_file(file, DEVICE))

        seconds = in_turn(
            {
                "native": cpu(partial(simulate, simulator, peer.design, workload)),
                "native_from_file": cpu(from_file),
                "whole": whole.cpu_seconds,
                "part": part.cpu_seconds,
            },
            repeats,
        )
    served = whole.outcome.requests - part.outcome.requests
    peer_rate = served / (seconds["whole"] - seconds["part"])
    rate, rate_from_file = (requests / seconds[n] for n in ("native", "native_from_file"))
    return {
        "peer": median(peer_rate),
        "native": median(rate),
        "native_from_file": median(rate_from_file),
        "ratio": median(rate / peer_rate),
        "ratio_from_file": median(rate_from_file / peer_rate),
        "peer_simulated_ns": whole.outcome.simulated_ns,
        "native_simulated_ns": simulated_ns,
    }
