"""Enumeration lists every design once, whatever stops it and however many work at it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import domain
from archgym.condition import Condition
from archgym.dram.controller import PARAMETERS
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError, ArchgymWarning, DamagedError
from archgym.parameter import Parameter
from archgym.simulators import make
from archgym.space import DesignSpace
from archgym.study import enumeration
from archgym.study.enumeration import enumerate_space
from archgym.study.lock import locked
from archgym.study.parts import WorkloadSpec
from archgym.table import Table, read_header, shard_path, write_header

NAMES = ("PagePolicy", "Scheduler", "RefreshPolicy", "Arbiter", "MaxActiveTransactions")
VALUES = {"MaxActiveTransactions": (2, 8), "RefreshPolicy": ("NoRefresh", "AllBank")}
SPACE = DesignSpace(
    "small",
    [
        Parameter(name, VALUES.get(name, PARAMETERS[name].values), default)
        for name in NAMES
        for default in [VALUES.get(name, [PARAMETERS[name].default])[-1]]
    ],
    active={"MaxActiveTransactions": Condition("Arbiter", not_in=("Simple",))},
    infeasible={Condition("RefreshPolicy", one_of=("NoRefresh",)): "loses data"},
)
WORKLOAD = WorkloadSpec("mixed", (("requests", 300),))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enumeration") / "table"
    enumerate_space(SPACE, WORKLOAD, folder, workers=1, shard_size=16)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_design_has_what_the_simulator_measures(finished: Path) -> None:
    table = Table(finished)
    assert len(table) == SPACE.count_distinct() == 240
    workload = WORKLOAD.load(domain.load().platform({}))
    assert table.header.workload["id"] == workload.id
    native = make("native")
    outcomes = native.evaluate(list(table.designs), workload)
    for number, design in enumerate(table.designs):
        if SPACE.infeasibility(design):
            assert table.failures[number] == "loses data"
        else:
            row = dict(zip(table.metrics, table.values[number].tolist(), strict=True))
            assert row == outcomes[number]
    assert len(table.failures) == SPACE.count_distinct() - SPACE.count_feasible()


def test_the_table_does_not_depend_on_the_workers(finished: Path, tmp_path: Path) -> None:
    enumerate_space(SPACE, WORKLOAD, tmp_path / "table", workers=3, shard_size=16)
    assert content(tmp_path / "table") == content(finished)


def test_what_is_missing_is_made_again_and_nothing_else(finished: Path, tmp_path: Path) -> None:
    enumerate_space(SPACE, WORKLOAD, tmp_path, shard_size=16)
    write_header(tmp_path, replace(read_header(tmp_path), sha256=None))
    for shard in (0, 3, 12):
        shard_path(tmp_path, shard).unlink()
    # What a process that is gone had begun; the largest number that a process can have.
    for name in (f"shard-00003.{2**22}.tmp", f"table.json.{2**22}.tmp"):
        (tmp_path / name).write_text("half of")
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shard-*.parquet")}
    enumerate_space(SPACE, WORKLOAD, tmp_path)
    assert content(tmp_path) == content(finished)
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    before = (tmp_path / "table.json").stat().st_mtime_ns
    enumerate_space(SPACE, WORKLOAD, tmp_path)
    assert (tmp_path / "table.json").stat().st_mtime_ns == before


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_damaged_is_refused_and_made_again(
    finished: Path, tmp_path: Path, data: st.DataObject
) -> None:
    folder = tmp_path / "table"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(finished, folder)
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    damaged = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(damaged) - 1))
    match data.draw(st.sampled_from(("flip", "cut", "twice"))):
        case "flip":
            damaged[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del damaged[at:]
        case "twice":
            damaged[at:at] = damaged[at : at + 50]
    path.write_bytes(damaged)
    try:
        found = Table(folder)
    except DamagedError as error:
        assert str(path) in str(error)  # noqa: PT017 - it may as well be read
        shard_size = 16 if path.suffix == ".json" else None
        with pytest.warns(ArchgymWarning, match=f"{path.name}.*; it is made again"):
            assert enumerate_space(SPACE, WORKLOAD, folder, shard_size=shard_size).sha256
        assert content(folder) == content(finished)
    else:  # The layout of the header.
        assert found.header == Table(finished).header


def test_a_damaged_header_gives_no_other_table_away(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "table")
    header = tmp_path / "table" / "table.json"
    header.write_text("{")
    with (
        pytest.warns(ArchgymWarning, match="made again"),
        pytest.raises(ArchgymError, match="is of another table"),
    ):
        enumerate_space(SPACE, WorkloadSpec("stream"), tmp_path / "table", shard_size=16)
    assert header.read_text() == "{"


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((make_space("archgym-pow2"), WORKLOAD), {}, "another space: small, not archgym-pow2"),
        ((SPACE, WorkloadSpec("stream")), {}, "another workload: mixed@.*, not stream@"),
        ((SPACE, WORKLOAD), {"device": "ddr3-1600"}, "another workload"),
        ((SPACE, WORKLOAD), {"shard_size": 8}, "16 designs a shard, not 8"),
        ((SPACE, WORKLOAD), {"workers": 0}, "at least 1 worker, not 0"),
        ((SPACE, WORKLOAD), {"limit": 239}, "240 distinct designs, more than the limit of 239"),
        ((SPACE, WORKLOAD), {"simulator": "nativ"}, "did you mean 'native'"),
        ((SPACE, WorkloadSpec("straem")), {}, "did you mean 'stream'"),
    ],
)
def test_bad_requests(finished: Path, arguments: tuple, options: dict, message: str) -> None:
    before = content(finished)
    with pytest.raises(ArchgymError, match=message):
        enumerate_space(*arguments, finished, **options)
    assert content(finished) == before


def test_a_parameter_that_the_simulator_lacks(tmp_path: Path) -> None:
    space = DesignSpace("strange", [Parameter("PagePolici", ("Open",), "Open")])
    with pytest.raises(ArchgymError, match="did you mean 'PagePolicy'"):
        enumerate_space(space, WORKLOAD, tmp_path / "table")
    assert not (tmp_path / "table").exists()


def test_a_default_design_that_can_not_be_simulated(tmp_path: Path) -> None:
    space = DesignSpace("strange", [Parameter("RefreshPolicy", ("PerBank",), "PerBank")])
    with pytest.raises(ArchgymError, match="AllBank, not PerBank"):
        enumerate_space(space, WORKLOAD, tmp_path / "table")


def test_another_table_can_be_what_simulates(finished: Path, tmp_path: Path) -> None:
    copied = enumerate_space(SPACE, WORKLOAD, tmp_path, simulator=f"tabular:{finished}")
    original = Table(finished)
    assert copied.metrics == original.metrics
    assert copied.values.tobytes() == original.values.tobytes()
    assert copied.failures == original.failures


def test_only_one_enumerates_into_a_folder(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "table")
    with locked(tmp_path / "table"):
        # What is complete is read by anyone.
        assert enumerate_space(SPACE, WORKLOAD, tmp_path / "table").sha256
        unfinished = replace(read_header(tmp_path / "table"), sha256=None)
        write_header(tmp_path / "table", unfinished)
        with pytest.raises(ArchgymError, match=f"is being run by process {os.getpid()} on"):
            enumerate_space(SPACE, WORKLOAD, tmp_path / "table")
    enumerate_space(SPACE, WORKLOAD, tmp_path / "table")
    assert content(tmp_path / "table") == content(finished)


def test_what_changes_while_a_table_is_made_ends_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "app.stl"
    trace.write_text("0: read 0x0\n")
    spec = WorkloadSpec(str(trace))
    prepare = enumeration._prepare

    def edit(*arguments: object) -> object:
        trace.write_text("0: read 0x40\n")
        return prepare(*arguments)

    monkeypatch.setattr(enumeration, "_prepare", edit)
    with pytest.raises(ArchgymError, match="it was changed while the table is made"):
        enumerate_space(SPACE, spec, tmp_path / "table")
    monkeypatch.undo()
    with pytest.raises(ArchgymError, match="another workload"):
        enumerate_space(SPACE, spec, tmp_path / "table")
    trace.write_text("0: read 0x0\n")
    monkeypatch.chdir(tmp_path)  # The path may be given in another way when it goes on.
    assert len(enumerate_space(SPACE, WorkloadSpec("app.stl"), "table")) == 240


def archgym(
    out: Path, *options: object, workers: int = 2, before: str = ""
) -> subprocess.Popen[bytes]:
    """Enumerates `archgym-pow2` by the command line, in a session of its own."""
    arguments = ["enumerate", "--workload", "stream", "--option", "requests=20", "--out", out]
    arguments += ["--workers", workers, *options]
    code = before + "from archgym.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def shards(folder: Path) -> int:
    return len(list(folder.glob("shard-*.parquet")))


def kill_at_random(process: subprocess.Popen[bytes], folder: Path, rng: random.Random) -> None:
    """Kills while it starts, or after it has written a few shards; at times the parent alone."""
    if rng.random() < 0.25:
        time.sleep(rng.uniform(0, 1.5))
    else:
        enough = shards(folder) + rng.randint(1, 6)
        while shards(folder) < enough and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
    assert process.poll() is None, "it ended before it was killed"
    if rng.random() < 0.7:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_any_moment_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = archgym(whole)
    _, err = done.communicate()
    assert done.returncode == 0, err
    rng = random.Random(0)
    progress = []
    for _ in range(20):
        kill_at_random(archgym(killed, "--shard-size", 256), killed, rng)
        progress.append(shards(killed))
    assert progress == sorted(progress), "a kill has undone what was done"
    assert len(set(progress)) >= 10, "hardly any kill came while it worked"
    done = archgym(killed, workers=1)
    _, err = done.communicate()
    assert done.returncode == 0, err
    assert Table(killed).sha256 == Table(whole).sha256
    assert not list(killed.glob("*.tmp"))


PEAK = r"""
import atexit, pathlib, re, resource

def report():
    # Of itself, getrusage would count what the process that started it had.
    own = re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())
    print(int(own[1]) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)

atexit.register(report)
"""


@pytest.mark.slow
def test_memory_stays_below_500_mb(tmp_path: Path) -> None:
    """That of the process and of its largest worker; others have no more than that one."""
    done = archgym(tmp_path / "table", "--json", workers=1, before=PEAK)
    out, err = done.communicate()
    assert done.returncode == 0, err
    assert int(out.splitlines()[-1]) < 500 * 1024
