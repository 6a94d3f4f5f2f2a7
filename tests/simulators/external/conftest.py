"""Programs that stand in for DRAMSys, and what the real simulators wrote of one trace.

`recorded/trace.stl` is eight requests to ddr3-1600; beside it lies what each simulator wrote when
it played them with its default design (of DRAMSys 5.5, two tables of its database, as SQL).
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archgym.dram.workload import Workload

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture(scope="session")
def recorded() -> Path:
    return RECORDED


@pytest.fixture(scope="session")
def eight() -> Workload:
    return Workload.from_file(RECORDED / "trace.stl", "ddr3-1600")


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded database of DRAMSys, as DRAMSys leaves it."""
    path = tmp_path_factory.mktemp("dramsys") / "DRAMSys_run_archgym_ch0.tdb"
    with closing(sqlite3.connect(path)) as base:
        base.executescript((RECORDED / "dramsys" / f"{path.stem}.sql").read_text())
    return path


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program of a shell script."""

    def make(script: str) -> Path:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def replay(database: Path) -> str:
    """A script that does what DRAMSys did when it was recorded."""
    return f"cp '{database}' . && cat '{RECORDED}/dramsys/printed.txt'"
