"""Plays one design in Ramulator 2.1, in a Python process of its own that knows nothing of archgym.

It holds the GIL while it runs and prints while it is made. Reads `run.json`, writes `result.json`.

Its trace players send one request per cycle and end once the last is sent, whatever their trace
says of time. Its package also has the controller alone, as its own tests use it; that is sent every
request when it arrives and goes on until it has served all.
"""

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def main() -> None:
    """Plays `run.json`."""
    job = json.loads(Path("run.json").read_text(encoding="ascii"))
    result = play([make_controller(job) for _ in range(job["channels"])], job)
    Path("result.json").write_text(json.dumps(result), encoding="ascii")


def make_controller(job: Mapping[str, Any]) -> Any:
    """Makes the controller with its device."""
    # Only the Python that runs this has it; no checker of types needs to.
    ramulator = importlib.import_module("ramulator")
    standard = getattr(ramulator.dram, job["standard"])
    # By way of presets, since these are the values that it takes without deriving others.
    standard.org_presets["archgym"] = job["organization"]
    known = standard.timing_params
    timing = {name: value for name, value in job["timing"].items() if name in known}
    standard.timing_presets["archgym"] = timing
    controller = ramulator.controller.GenericDDR(
        dram=standard(org_preset="archgym", timing_preset="archgym", **timing),
        scheduler=getattr(ramulator.scheduler, job["scheduler"])(),
        refresh_manager=getattr(ramulator.refresh_manager, job["refresh"])(),
        row_policy=ramulator.row_policy.Open(),
        addr_mapper=ramulator.addr_mapper.PassThroughAddrMapper(),
        **job["controller"],
    )
    tests = importlib.import_module("ramulator._ramulator_test")
    return tests._ControllerUnderTest(controller.to_config(), num_cores=job["slots"])


def play(controllers: Sequence[Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """Returns when each request was accepted and served, and how often each command came.

    A request is `[arrival, is_write, [channel, rank, ...]]`. They are sent in order, at most one
    per cycle. Those that wait are distinguished by the number of the core that sends them:
    each has one of its own.
    """
    requests, free = job["requests"], [list(range(job["slots"])) for _ in controllers]
    accepted, issued = [0] * len(requests), [-1] * len(requests)
    # Read from a write that waits, or written over one: no command serves these.
    forwarded: list[int] = []
    coalesced: list[int] = []
    waiting: dict[tuple[int, int], int] = {}
    writes: dict[tuple[int, ...], int] = {}
    commands: dict[str, int] = {}
    cycle = sent = 0
    while sent < len(requests) or waiting:
        if sent < len(requests) and requests[sent][0] <= cycle:
            _, is_write, address = requests[sent]
            channel, place = address[0], tuple(address)
            merges = place in writes
            slot = free[channel][-1]
            if _send(controllers[channel], is_write, [0, *address[1:]], slot):
                accepted[sent] = cycle
                if merges:
                    (coalesced if is_write else forwarded).append(sent)
                else:
                    waiting[channel, free[channel].pop()] = sent
                    if is_write:
                        writes[place] = sent
                sent += 1
        for channel, controller in enumerate(controllers):
            for record in controller.tick():
                command, slot = record["command"], record["source_id"]
                commands[command] = commands.get(command, 0) + 1
                if record["type_id"] < 0 or (channel, slot) not in waiting:
                    continue
                request = waiting[channel, slot]
                _, is_write, address = requests[request]
                is_access = command.startswith(("RD", "WR"))
                is_in_buffer = is_write and writes.get(tuple(address)) == request
                if is_in_buffer and (is_access or command == "ACT"):
                    # It leaves the buffer, in which others would be merged with it.
                    del writes[tuple(address)]
                if is_access:
                    issued[request] = record["clk"]
                    free[channel].append(slot)
                    del waiting[channel, slot]
        cycle += 1
        if cycle > job["last_cycle"]:
            sys.exit(f"{len(waiting)} requests are not served after {cycle} cycles")
    statistics = [controller.stats() for controller in controllers]
    return {
        "accepted": accepted,
        "issued": issued,
        "forwarded": forwarded,
        "coalesced": coalesced,
        "commands": commands,
        "rows": {
            name: sum(counts[f"row_{name}"] for counts in statistics)
            for name in ("hits", "misses", "conflicts")
        },
    }


def _send(controller: Any, is_write: bool, address: Sequence[int], slot: int) -> bool:
    try:
        controller.send_request(int(is_write), address, slot)
    except RuntimeError as error:
        if "failed to enqueue" in str(error):
            return False
        raise
    return True


if __name__ == "__main__":
    main()
