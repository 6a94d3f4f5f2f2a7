import copy
import ctypes
import importlib.util
import json
import math
import operator
import os
import shlex
import subprocess
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest
from typer.testing import CliRunner

from archgym import digest
from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.simulator import Failure
from archgym.simulators.native import Native
from experiments.verify import __main__ as command_line
from experiments.verify import damage
from experiments.verify.cases import draw_design, draw_mapping, draw_workload
from experiments.verify.legality import check_case
from experiments.verify.memspecs import read_folder
from experiments.verify.watchdog import FoundError, play

ROOT = Path(__file__).parents[2]


def run(*arguments):
    return CliRunner().invoke(command_line.app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("device", Device.names())
def test_mappings_are_invertible_and_leave_bursts_whole(device):
    rng = np.random.default_rng(0)
    system = System.load(device)
    burst = system.device.bytes_per_request
    for _ in range(20):
        drawn = System(system.device, draw_mapping(rng, system))  # checks the number of bits
        first = rng.integers(system.capacity // burst, size=50).astype(np.uint64) * burst
        levels = drawn.mapping.decode(first)
        assert (drawn.mapping.encode(levels) == first).all()
        last = drawn.locate(first + np.uint64(burst - 1))
        for name in ("channel", "bank", "row"):
            assert (getattr(last, name) == getattr(drawn.locate(first), name)).all()


def test_designs_can_be_simulated_and_take_every_policy():
    rng = np.random.default_rng(0)
    seen = {name: set() for name in PARAMETERS}
    for _ in range(60):
        workload = draw_workload(rng, 20)
        designs = [draw_design(rng, workload.system.device) for _ in range(5)]
        assert not any(isinstance(o, Failure) for o in Native().evaluate(designs, workload))
        for design in designs:
            for name, value in design.items():
                seen[name].add(value)
    for name, parameter in PARAMETERS.items():
        if not isinstance(parameter.values, range):
            assert seen[name] == set(parameter.values)


def test_a_case_depends_on_nothing_but_its_number():
    in_a_row = list(islice(play(check_case, 0, 0), 4))
    assert list(islice(play(check_case, 0, 2), 2)) == in_a_row[2:]
    assert check_case(0, 3) == in_a_row[3]
    assert check_case(1, 3) != in_a_row[3]


def test_what_is_legal_passes():
    done = run("legality", "--commands", 100_000)
    assert done.exit_code == 0, done.output


def test_devices_with_other_timing_are_played():
    done = run("devices", "--generated", 30, "--commands", 100_000)
    assert done.exit_code == 0, done.output


def test_memspecs_are_read_and_those_that_do_not_load_are_listed(tmp_path):
    (tmp_path / "memspec").mkdir()
    (tmp_path / "addressmapping").mkdir()

    def write(place, **content):
        (tmp_path / f"{place}.json").write_text(json.dumps(content))

    for name in Device.names():
        data = Device.load(name).data
        write(f"memspec/{name}", memspec=data["memspec"])
        write(f"addressmapping/{name}", addressmapping=data["addressmapping"])
    memspec = copy.deepcopy(Device.load("ddr3-1600").data["memspec"])
    write("memspec/other", memspec=memspec | {"memoryType": "DDR2"})
    memspec["mempowerspec"]["idd0"] = 70
    write("memspec/milli", memspec=memspec)

    loaded, refused = read_folder(tmp_path)
    assert sorted(loaded) == Device.names()
    assert all(len(systems) >= 2 for systems in loaded.values())  # a plain mapping, and its own
    assert refused[0].startswith("milli: memspec.mempowerspec.idd0 must be in A")
    assert refused[1:] == ["other: DDR2 is not simulated"]
    done = run("devices", "--configs", tmp_path, "--generated", 0, "--commands", 100_000)
    assert done.exit_code == 0, done.output
    assert f"{len(Device.names())} of {len(Device.names()) + 2} memspecs load" in done.output


@pytest.mark.slow
def test_a_million_commands_are_legal():
    done = run("legality", "--commands", 1_000_000, "--seed", 1)
    assert done.exit_code == 0, done.output


def test_a_violation_is_told_and_can_be_repeated(monkeypatch):
    # DRAMSys leaves some of JEDEC's rules out.
    monkeypatch.setattr(command_line, "check_case", partial(check_case, dramsys_quirks=True))
    done = run("legality", "--commands", 10_000_000)
    assert done.exit_code == 1
    assert "Violation(rule=" in done.output
    repeat = done.output.partition("To repeat: python -m experiments.verify ")[2]
    assert run(*shlex.split(repeat)).output == done.output


def test_random_designs_mappings_and_traces_are_played():
    done = run("robustness", "--designs", 2_000)
    assert done.exit_code == 0, done.output
    assert {"simulated", "invalid"} <= set(done.output.replace(",", "").split())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_or_started_twice_a_study_logs_each_step_once():
    done = run("faults", "--kills", 20, "--pairs", 5)
    assert done.exit_code == 0, done.output
    assert "20 kills: " in done.output
    assert "5 pairs: " in done.output


@pytest.mark.parametrize(
    ("wrong", "seed", "case", "limit_s", "told"),
    [
        (ctypes.string_at, 1, 1, 120, "crashed"),  # reads address 1
        (math.comb, 10**9, 10**8, 2, "takes longer than 2 s"),  # takes hours
        (operator.truediv, 1, 0, 120, "ZeroDivisionError"),
    ],
)
def test_a_crash_a_hang_and_an_error_are_found(wrong, seed, case, limit_s, told):
    with pytest.raises(FoundError, match=told) as found:
        next(play(wrong, seed, case, limit_s))
    assert found.value.case == case


def test_only_what_is_wrong_is_found():
    results = play(operator.floordiv, 12, -2)
    assert [next(results), next(results)] == [-6, -12]
    with pytest.raises(FoundError) as found:
        next(results)
    assert found.value.case == 0


def test_other_builds_of_the_core_take_the_place_of_the_installed_ones(tmp_path):
    names = ["archgym.simulators.native._portable", "archgym.simulators.native._avx2"]
    builds = [spec for name in names if (spec := importlib.util.find_spec(name))]
    for build in builds:
        (tmp_path / Path(build.origin).name).symlink_to(build.origin)
    code = f"""
import experiments.verify.core, sys
from archgym.simulators.native import Native
from archgym import Workload
assert "runtime_ns" in Native().evaluate([{{}}], Workload.load("stream", requests=10))[0]
for name in {[build.name for build in builds]}:
    print(sys.modules[name].__file__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"ARCHGYM_CORES": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {Path(line).parent for line in done.stdout.splitlines()} == {tmp_path}


def test_damaged_and_altered_files():
    damaged = run("damage", "--files", "150")
    assert damaged.exit_code == 0, damaged.output
    assert "refused" in damaged.output
    altered = run("altered", "--runs", "2000", "--documents", "400", "--proxies", "40")
    assert altered.exit_code == 0, altered.output
    assert "simulated" in altered.output


def test_damage_that_goes_unnoticed_is_found(monkeypatch):
    monkeypatch.setattr(digest, "check", lambda *arguments, **options: None)
    kind = damage.kinds()["table"]
    outcomes = set()
    for seed in range(200):
        # Only the header, whose content the shards' own hash does not cover.
        outcome, file = damage.play(kind, Random(seed))
        if file.name == "table.json":
            outcomes.add(outcome)
    assert "changed" in outcomes


@pytest.mark.slow
def test_a_damaged_study_is_repaired():
    repaired = run("repair", "--trials", "100", "--share", "0.05")
    assert repaired.exit_code == 0, repaired.output
    assert "10 of 203 files" in repaired.output
