"""Timelines, read back by Perfetto's own schema: every command, request and arrow is there."""

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from archgym.dram.device import Device
from archgym.dram.standards import COMMANDS, STANDARDS
from archgym.dram.system import System
from archgym.dram.testing.strategies import accesses, designs, devices, make_workload
from archgym.dram.timeline import write_timeline
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulators import native
from archgym.traces.trace import Trace

perfetto_trace = pytest.importorskip(
    "perfetto.protos.perfetto.trace.perfetto_trace_pb2", reason="perfetto is not installed"
)

ACCESSES = ("RD", "RDA", "WR", "WRA")
RANK_WIDE = COMMANDS[COMMANDS.index("PREAB") :]


class Slice(NamedTuple):
    track: int
    path: tuple[str, ...]
    name: str
    begin_ns: int
    end_ns: int
    details: dict[str, int]
    flows: list[int]


def read(path: Path) -> list[Slice]:
    """Returns the slices in order of their beginning; on a track they must not overlap."""
    paths: dict[int, tuple[str, ...]] = {}
    slices: list[Slice] = []
    running: dict[int, int] = {}
    before = 0
    for packet in perfetto_trace.Trace.FromString(path.read_bytes()).packet:
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            assert track.uuid not in paths
            paths[track.uuid] = (*paths.get(track.parent_uuid, ()), track.name)
            continue
        event, uuid = packet.track_event, packet.track_event.track_uuid
        assert packet.timestamp >= before
        before = packet.timestamp
        if event.type == perfetto_trace.TrackEvent.TYPE_SLICE_BEGIN:
            assert uuid not in running, "two slices of a track overlap"
            running[uuid] = len(slices)
            details = {item.name: item.uint_value for item in event.debug_annotations}
            flows = list(event.flow_ids)
            slices.append(
                Slice(uuid, paths[uuid], event.name, packet.timestamp, -1, details, flows)
            )
        else:
            index = running.pop(uuid)
            slices[index] = slices[index]._replace(end_ns=packet.timestamp)
    assert not running, "a slice does not end"
    return slices


def of_commands(slices: list[Slice]) -> list[Slice]:
    return [piece for piece in slices if "cycle" in piece.details]


def check(slices: list[Slice], commands: npt.NDArray[Any], workload: Workload) -> None:
    """Checks that a timeline shows the commands of a run on one channel of DDR3 or DDR4."""
    device = workload.system.device
    organization = device.organization
    expected = []
    for command in commands:
        name = native.COMMANDS[command["command"]]
        path = ["channel 0", f"rank {command['rank']}"]
        if name in RANK_WIDE:
            path.append("all banks")
        else:
            bank = command["bank"] % organization.banks
            if organization.bank_groups > 1:
                path.append(f"bank group {bank // organization.banks_per_group}")
            path.append(f"bank {bank}")
        details = {"cycle": command["time_ps"] // device.clock_ps}
        if name == "ACT" or name in ACCESSES:
            details["row"] = command["row"]
        if name in ACCESSES:
            details["column"] = command["column"]
        if command["request"] >= 0:
            details["request"] = command["request"]
        expected.append((command["time_ps"] // 1000, tuple(path), name, details))
    shown = [(s.begin_ns, s.path, s.name, s.details) for s in of_commands(slices)]
    assert sorted(shown, key=repr) == sorted(expected, key=repr)

    flows = defaultdict(list)
    for piece in slices:
        for flow in piece.flows:
            flows[flow].append(piece)
    assert flows.keys() == set(range(len(workload)))
    bursts = np.bincount(workload.bursts().request)
    for request, pieces in flows.items():
        first, *rest = pieces
        is_write = bool(workload.trace.is_write[request])
        assert (first.path, first.name) == (("requests",), "write" if is_write else "read")
        assert first.begin_ns == workload.trace.arrival_ps[request] // 1000
        assert first.details["address"] == workload.trace.address[request]
        data = [piece for piece in rest if piece.path == ("channel 0", "data")]
        accesses = [piece for piece in rest if piece.name in ACCESSES]
        assert len(data) == len(accesses) == bursts[request]
        assert all(piece.details["request"] == request for piece in rest if piece not in data)
        assert first.end_ns == max(piece.end_ns for piece in data)
        burst_ps = organization.burst_length // 2 * device.clock_ps
        assert all(abs(1000 * (piece.end_ns - piece.begin_ns) - burst_ps) < 1000 for piece in data)


@settings(max_examples=25, deadline=None)
@given(
    device=devices(("ddr3-1600", "ddr4-2400", "ddr3-1600-2rank", "ddr4-2400-2rank-xor")),
    design=designs(),
    requests=accesses(),
)
def test_every_command_and_request_is_shown(
    tmp_path_factory: pytest.TempPathFactory,
    device: Device,
    design: dict[str, Any],
    requests: list[Any],
) -> None:
    workload = make_workload(device, requests)
    # What every device offers.
    commands = native.Native().command_trace(design | {"RefreshPolicy": "AllBank"}, workload)
    path = tmp_path_factory.mktemp("timeline") / "t.pftrace"
    write_timeline(path, commands, workload, names=native.COMMANDS)
    check(read(path), commands, workload)


class Bench:
    """Shows hand-made commands: (cycle, name, bank, row, request) on one device."""

    def __init__(self, device: str, path: Path) -> None:
        self.system = System.load(device)
        self.path = path

    def show(self, *issued: tuple[int, str, int, int, int], **fields: list[int]) -> list[Slice]:
        names = ["time_ps", "command", "rank", "bank", "row", "column", "request", *fields]
        commands = np.zeros(len(issued), [(name, np.int64) for name in names])
        organization = self.system.device.organization
        for command, (cycle, name, bank, row, request) in zip(commands, issued, strict=True):
            command["time_ps"] = cycle * self.system.device.clock_ps
            command["command"] = COMMANDS.index(name)
            command["rank"] = bank // organization.banks
            command["bank"], command["row"], command["request"] = bank, row, request
        for field, values in fields.items():
            commands[field] = values
        requests = max(int(commands["request"].max()) + 1, 1)
        workload = Workload(self.system, Trace([0] * requests, [0] * requests, [0] * requests))
        write_timeline(self.path, commands, workload)
        return read(self.path)

    def cycles(self, piece: Slice) -> float:
        """Returns how long a slice lasts, in clock cycles, to within a nanosecond."""
        return (piece.end_ns - piece.begin_ns) * 1000 / self.system.device.clock_ps


@pytest.fixture
def ddr4(tmp_path: Path) -> Bench:
    return Bench("ddr4-2400", tmp_path / "t.pftrace")


def test_commands_last_until_their_bank_can_go_on(ddr4: Bench) -> None:
    slices = ddr4.show(
        (0, "ACT", 0, 7, 0), (16, "RD", 0, 7, 0), (39, "PREPB", 0, 0, -1), (100, "ACT", 0, 8, 1),
        (120, "WRA", 0, 8, 1), (300, "PREAB", 0, 0, -1), (400, "REFAB", 0, 0, -1),
        (2000, "ACT", 1, 0, 1),
    )  # fmt: skip
    lasted = [(piece.name, ddr4.cycles(piece)) for piece in of_commands(slices)]
    # WRA: WL + BL/2 + WR + RP, until the row it closes can be followed by another.
    expected = [("ACT", 16), ("RD", 4), ("PREPB", 16), ("ACT", 16), ("WRA", 54), ("PREAB", 16)]
    expected += [("REFAB", 312), ("ACT", 16)]
    assert lasted == [(name, pytest.approx(cycles, abs=1.3)) for name, cycles in expected]


def test_data_are_on_the_bus_when_the_standard_says(ddr4: Bench) -> None:
    slices = ddr4.show((0, "ACT", 0, 7, 0), (16, "RD", 0, 7, 0), (60, "WR", 0, 7, 0))
    data = [piece for piece in slices if piece.path[-1] == "data"]
    assert [piece.name for piece in data] == ["read", "write"]
    ends = [piece.end_ns * 1000 / ddr4.system.device.clock_ps for piece in data]
    assert ends == pytest.approx([16 + 16 + 4, 60 + 16 + 4], abs=1.3)


def test_power_down_lasts_until_its_exit_or_the_end(ddr4: Bench) -> None:
    slices = ddr4.show(
        (10, "PDEP", 0, 0, -1), (5000, "PDXP", 0, 0, -1), (5100, "SREFEN", 0, 0, -1),
        (9000, "SREFEX", 0, 0, -1), (9999, "PDEA", 0, 0, -1), (20_000, "ACT", 16, 0, 0),
    )  # fmt: skip
    shown = of_commands(slices)
    assert {piece.path for piece in shown[:5]} == {("channel 0", "rank 0", "all banks")}
    power_down, _, self_refresh, _, last, _ = (ddr4.cycles(piece) for piece in shown)
    assert power_down == pytest.approx(4990, abs=1.3)
    assert self_refresh == pytest.approx(3900, abs=1.3)
    assert last == pytest.approx(20_001 - 9999, abs=1.3)


def test_what_may_be_cut_short_does_not_overlap(ddr4: Bench) -> None:
    slices = ddr4.show((0, "RD", 0, 0, 0), (3, "PREPB", 0, 0, -1))
    read_slice, precharge = of_commands(slices)
    assert read_slice.end_ns == precharge.begin_ns


def test_commands_to_one_bank_of_every_group_have_their_own_tracks(ddr4: Bench) -> None:
    slices = ddr4.show((0, "PRESB", 2, 0, -1), (50, "REFSB", 2, 0, -1), (51, "PRESB", 7, 0, -1))
    paths = [piece.path[1:] for piece in of_commands(slices)]
    assert paths == [
        ("rank 0", "bank 2 of every group"),
        ("rank 0", "bank 2 of every group"),
        ("rank 0", "bank 3 of every group"),
    ]


def test_channels_are_told_apart(ddr4: Bench) -> None:
    slices = ddr4.show(
        (0, "ACT", 0, 7, 0), (0, "ACT", 0, 7, 1), (16, "RD", 0, 7, 0), (16, "RD", 0, 7, 1),
        channel=[0, 1, 0, 1],
    )  # fmt: skip
    assert [piece.path[0] for piece in of_commands(slices)] == ["channel 0", "channel 1"] * 2
    data = [piece.path for piece in slices if piece.path[-1] == "data"]
    assert data == [("channel 0", "data"), ("channel 1", "data")]


@pytest.mark.skipif("HBM2" not in STANDARDS, reason="HBM2 is not among the standards")
def test_pseudo_channels_have_data_buses_of_their_own(tmp_path: Path) -> None:
    slices = Bench("hbm2", tmp_path / "t").show((0, "RD", 0, 0, 0), (0, "RD", 32, 0, 1))
    data = [piece.path for piece in slices if piece.path[-1] == "data"]
    assert data == [("channel 0", f"pseudo channel {number}", "data") for number in (0, 1)]


def test_requests_at_once_take_lanes_of_their_own(ddr4: Bench) -> None:
    slices = ddr4.show((0, "RD", 0, 0, 0), (100, "RD", 0, 0, 1), (200, "RD", 0, 0, 2))
    lanes = [piece.track for piece in slices if piece.path == ("requests",)]
    assert len(lanes) == len(set(lanes)) == 3
    apart = Workload(ddr4.system, Trace([0, 10**6, 2 * 10**6], [0] * 3, [0] * 3))
    commands = native.Native().command_trace({}, apart)
    write_timeline(ddr4.path, commands, apart, names=native.COMMANDS)
    assert len({piece.track for piece in read(ddr4.path) if piece.path == ("requests",)}) == 1


def test_requests_begin_when_they_were_presented(ddr4: Bench) -> None:
    workload = Workload(ddr4.system, Trace([0, 0], [0, 64], [0, 0]))
    commands = native.Native().command_trace({}, workload)
    presented = np.array([0, 5000])
    write_timeline(ddr4.path, commands, workload, names=native.COMMANDS, presented_ps=presented)
    assert [s.begin_ns for s in read(ddr4.path) if s.path == ("requests",)] == [0, 5]


def test_a_run_without_commands_is_an_empty_timeline(ddr4: Bench) -> None:
    workload = Workload(ddr4.system, Trace([0], [0], [0]))
    nothing = native.Native().command_trace({}, workload)[:0]
    write_timeline(ddr4.path, nothing, workload)
    assert read(ddr4.path) == []


def test_nothing_is_left_behind_by_a_failure(tmp_path: Path) -> None:
    workload = Workload.load("stream", requests=3)
    commands = native.Native().command_trace({}, workload)
    (tmp_path / "folder").mkdir()
    for place in ("folder", "nowhere/t.pftrace"):
        with pytest.raises(ArchgymError, match=f"can't write timeline .*{place}"):
            write_timeline(tmp_path / place, commands, workload, names=native.COMMANDS)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_perfettos_own_reader_takes_it(tmp_path: Path) -> None:
    binary = shutil.which("trace_processor_shell")
    if binary is None:
        pytest.skip("trace_processor_shell, which perfetto downloads, is not installed")
    from perfetto.trace_processor import TraceProcessor, TraceProcessorConfig

    workload = Workload.load("mixed", requests=500)
    commands = native.Native().command_trace({}, workload)
    path = tmp_path / "t.pftrace"
    write_timeline(path, commands, workload, names=native.COMMANDS)
    config = TraceProcessorConfig(bin_path=binary)
    with TraceProcessor(trace=str(path), config=config) as processor:

        def count(query: str) -> int:
            (row,) = processor.query(f"select count(*) as n from {query}")
            return int(row.n)

        bursts = len(workload.bursts().request)
        assert count("slice") == len(commands) + bursts + len(workload)
        assert count("slice where dur <= 0") == 0
        assert count("slice where depth > 0") == 0
        # An arrow less than a request has slices.
        linked = int((commands["request"] >= 0).sum()) + bursts
        assert count("flow") == linked
        assert count("stats where severity = 'error' and value > 0") == 0
