import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import Player, simulate, traces
from archgym.dram.features import FEATURE_NAMES
from archgym.dram.system import System
from archgym.dram.trace_statistics import describe
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces.mix import mix
from archgym.traces.trace import Trace

DDR4 = System.load("ddr4-2400")


@given(
    st.lists(
        st.tuples(st.integers(0, DDR4.capacity - 1), st.integers(0, 1000), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_bursts_cover_each_request_in_order(requests):
    requests = [(a, min(n, DDR4.capacity - a), w) for a, n, w in requests]
    address, size, is_write = (list(column) for column in zip(*requests, strict=True))
    arrival = np.arange(len(requests)) * 10
    trace = Trace(arrival, address, is_write, size, initiator=arrival)
    bursts = Workload(DDR4, trace).bursts()
    expected = [
        (10 * index, burst * 64, w, index, 10 * index)
        for index, (a, n, w) in enumerate(requests)
        # One that states no size is the burst that holds its address.
        for burst in range(a // 64, (a + max(n, 1) - 1) // 64 + 1)
    ]
    assert list(zip(*(column.tolist() for column in bursts), strict=True)) == expected


@pytest.mark.parametrize("device", ["ddr4-2400", "lpddr4-3200", "gddr6-16000"])
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("t.stl", "0: read {:#x}"),
        ("t.rstl", "0: read {:#x}"),
        ("t.loadstore", "LD {}"),
        ("t.simpleo3", "0 {}"),
        ("t.dramsim3", "{:#x} READ 0"),
        ("t.csv", "0,{},0"),
    ],
)
def test_a_request_without_a_size_is_one_burst_in_every_format(tmp_path, device, name, line):
    path = tmp_path / name
    header = "arrival_ps,address,is_write\n" if name == "t.csv" else ""
    path.write_text(header + "".join(line.format(8 * n) + "\n" for n in range(1000)))
    workload = Workload.from_file(path, device)
    burst = workload.system.device.organization.bytes_per_burst
    assert workload.bursts().address.tolist() == [8 * n // burst * burst for n in range(1000)]
    assert set(workload.trace.size.tolist()) == {burst}
    # A size that somebody states is cut.
    sized = Workload.from_file(path, device, size=burst)
    assert len(sized.bursts().address) == 2000 - 1000 * 8 // burst


def test_that_a_size_is_not_stated_survives_windows_mixes_and_files(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text("0: read 0x20\n1: (64) read 0x20\n2: write 0x7f\n")
    whole = Workload.from_file(path)
    assert whole.bursts().address.tolist() == [0, 0, 64, 64]
    part = Workload.load(path, first=1, requests=2)
    assert part.bursts().address.tolist() == [0, 64, 64]
    mixed = Workload(DDR4, mix([traces.read(path, 1200)] * 2))
    assert np.sort(mixed.bursts().address % 2**20).tolist() == [0] * 4 + [64] * 4
    for name in ("u.csv", "u.parquet", "u.stl"):
        traces.write(traces.read(path, 1200), tmp_path / name, clock_mhz=1200)
        assert Workload.from_file(tmp_path / name).trace.sha256 == whole.trace.sha256


def test_what_is_asked_for_counts_whole_bursts_where_no_size_is_stated(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text("0: read 0x20\n4: read 0x44\n")
    aligned = tmp_path / "u.stl"
    aligned.write_text("0: (64) read 0x0\n4: (64) read 0x40\n")
    unsized, sized = Workload.from_file(path), Workload.from_file(aligned)
    assert unsized.features.tolist() == sized.features.tolist()
    assert describe(unsized).values == describe(sized).values
    assert simulate({}, unsized) == simulate({}, sized)


def test_decoding_is_done_once_and_read_only():
    workload = Workload.load("mixed", requests=100)
    assert workload.bursts() is workload.bursts()
    assert workload.locations() is workload.locations()
    for array in (*workload.bursts(), *workload.locations(), workload.features):
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_id_names_trace_and_device_and_hashes_both():
    ids = {
        Workload.load("stream", requests=10).id,
        Workload.load("stream", requests=10, seed=1).id,
        Workload.load("stream", "ddr3-1600", requests=10).id,
    }
    assert len(ids) == 3
    assert Workload.load("stream", requests=10).id in ids
    assert all(id_.startswith("stream@ddr") and len(id_.split("#")[1]) == 8 for id_ in ids)


def test_pickles():
    workload = Workload.load("stream", requests=10)
    assert pickle.loads(pickle.dumps(workload)).id == workload.id


@pytest.mark.parametrize("device", ["ddr3-1600", "ddr4-2400"])
def test_stl_cycles_are_those_of_the_devices_player_clock(tmp_path, device):
    path = tmp_path / "app.stl"
    path.write_text("3: read 0x40\n")
    third_cycle = {"ddr3-1600": 3750, "ddr4-2400": 2500}[device]
    assert Workload.from_file(path, device).trace.arrival_ps.tolist() == [third_cycle]
    assert Workload.load(str(path), device).trace.arrival_ps.tolist() == [third_cycle]
    assert Workload.from_file(path, device, clock_mhz=1000).trace.arrival_ps.tolist() == [3000]


def test_files_have_other_options_than_generators(tmp_path):
    path = tmp_path / "app.stl"
    path.write_text("3: read 0x40\n")
    trace = Workload.load(path, clock_mhz=1000, size=128).trace
    assert (trace.arrival_ps.tolist(), trace.size.tolist()) == ([3000], [128])
    with pytest.raises(ArchgymError, match="unknown option of a trace file 'seed'"):
        Workload.load(path, seed=1)
    with pytest.raises(ArchgymError, match="can't read trace"):
        Workload.load("none.stl")
    with pytest.raises(ArchgymError, match="unknown trace 'sqllite'; did you mean 'sqlite'"):
        Workload.load("sqllite")


def test_stl_requests_have_the_devices_size(tmp_path):
    path = tmp_path / "app.stl"
    path.write_text("3: read 0x40\n")
    assert Workload.from_file(path, "lpddr4-3200").trace.size.tolist() == [32]


def test_an_address_beyond_the_device_names_line_address_and_capacity(tmp_path):
    path = tmp_path / "app.stl"
    path.write_text("# one\n0: read 0x0\n1: read 0x100000000\n")
    with pytest.raises(ArchgymError) as error:
        Workload.from_file(path)
    assert f"{path}:3:" in str(error.value)
    assert "0x100000000" in str(error.value)
    assert "ddr4-2400, whose capacity is 0x100000000 bytes" in str(error.value)


def test_a_request_without_a_size_may_not_lie_beyond_the_device():
    with pytest.raises(ArchgymError, match=r"t, request 1: 64 bytes at address 0x100000000"):
        Workload(DDR4, Trace([0, 1], [0, 2**32], [0, 0], 0, name="t"))
    assert len(Workload(DDR4, Trace([0], [2**32 - 1], [0], 0)).bursts().address) == 1


def test_notes_say_how_a_trace_without_times_is_played(tmp_path):
    path = tmp_path / "t.loadstore"
    path.write_text("LD 0\nST 64\n")
    read, played = Workload.from_file(path).notes
    assert read == f"{path}: read as loadstore"
    assert played == f"{path}: has no times, so it is played closed, 16 outstanding"
    assert Workload.from_file(path).player == Player("closed", 16)
    assert Workload.from_file(path, player=Player("closed", 4)).notes == [read]
    _, played = Workload.from_file(path, player=Player()).notes
    assert played == f"{path}: has no times, a request arrives every 833 ps"


def test_notes_say_which_clock_was_assumed(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text("3: read 0x40\n")
    assert Workload.from_file(path, "ddr3-1600").notes == [
        f"{path}: read as stl, in cycles of the device's clock, 800 MHz"
    ]
    assert Workload.from_file(path, "ddr3-1600", clock_mhz=800).notes == []
    assert Workload.load("stream", requests=2).notes == []


@pytest.mark.parametrize(
    ("address", "size"), [(2**32, 1), (2**32 - 64, 65), (2**64 - 1, 1), (2**64 - 1, 2**32 - 1)]
)
def test_a_request_may_not_reach_beyond_the_device(address, size):
    trace = Trace([0, 1], np.array([0, address], dtype=np.uint64), [0, 0], size, name="t")
    with pytest.raises(ArchgymError, match="t, request 1: "):
        Workload(DDR4, trace)


def test_the_last_byte_of_the_device_can_be_reached():
    assert len(Workload(DDR4, Trace([0], [2**32 - 1], [0], 1))) == 1


def test_features_tell_workloads_apart():
    def features(name, **options):
        values = Workload.load(name, requests=4000, **options).features
        return dict(zip(FEATURE_NAMES, values.tolist(), strict=True))

    stream, random = features("stream"), features("random")
    assert stream["row_locality"] > 0.9 > 0.1 > random["row_locality"]
    assert stream["bank_repeats"] < random["bank_repeats"]
    assert random["burstiness"] == pytest.approx(0.5, abs=0.03)
    assert features("bursty")["burstiness"] > 0.8
    assert features("random", read_share=1)["turnarounds"] == 0
    assert features("random", read_share=0.5)["turnarounds"] == pytest.approx(0.5, abs=0.05)
    assert features("random", intensity=19.2 / 64)["load"] == pytest.approx(0.5, abs=0.02)
    assert features("random", intensity=float("inf"))["load"] == pytest.approx(1, abs=1e-3)
    assert features("stream", footprint=64)["bank_spread"] == 0


@given(st.lists(st.integers(0, DDR4.capacity - 64), min_size=1), st.integers(0, 10**6))
def test_features_lie_between_0_and_1(addresses, gap):
    trace = Trace(np.arange(len(addresses)) * gap, addresses, np.arange(len(addresses)) % 2)
    features = Workload(DDR4, trace).features
    assert ((features >= 0) & (features <= 1.001)).all()
