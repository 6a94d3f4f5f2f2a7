"""The ids work for whoever imports the package, in a process of its own."""

import subprocess
import sys

import gymnasium
import pytest

from archgym.envs.registration import register


@pytest.mark.parametrize(
    "script",
    [
        "import gymnasium, archgym; gymnasium.make('archgym/DRAM-v0')",
        "import archgym, gymnasium; gymnasium.make('archgym/DRAM-v0')",
        "import gymnasium; gymnasium.make('archgym:archgym/DRAM-v0')",
        "import gymnasium; gymnasium.make_vec('archgym:archgym/DRAM-v0', num_envs=2)",
    ],
)
def test_make_in_a_fresh_process(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_registering_twice_changes_nothing() -> None:
    before = gymnasium.spec("archgym/DRAM-v0")
    register("archgym/DRAM", "dram", versions=2)
    assert gymnasium.spec("archgym/DRAM-v0") is before
