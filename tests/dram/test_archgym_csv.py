"""Trajectories of ArchGym come in with the unit that their latency has."""

from pathlib import Path

import pytest

from archgym import datasets
from archgym.dram.archgym_csv import import_archgym
from archgym.errors import ArchgymError

HEADER = (
    "Arbiter,MaxActiveTransactions,PagePolicy,RefreshMaxPostponed,RefreshMaxPulledin,"
    "RefreshPolicy,RequestBufferSize,RespQueue,Scheduler,SchedulerBuffer,Energy,Power,Latency,"
    "Algorithm\n"
)
DESIGN = "Reorder,21,Open,4,3,AllBank,6,Reorder,FrFcfs,ReadWrite"
# The same run, 0.05 ms at 1.7 W, in seconds and in milliseconds.
ROWS = [f"{DESIGN},0.085,1.7,5.0e-05,bo\n", f"{DESIGN},0.085,1.7,0.05,ga\n"]


def write(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(rows))
    return path


def test_both_units_come_in_as_the_same_time(tmp_path: Path) -> None:
    whole, units = import_archgym(write(tmp_path / "t.csv", *ROWS), "stream")
    assert units == {"ms": 1, "s": 1}
    assert whole.frame["metric.runtime_ns"].tolist() == pytest.approx([50_000, 50_000])
    assert whole.frame["metric.power_mw"].tolist() == pytest.approx([1700, 1700])
    # Nanojoules are picoseconds times milliwatts.
    assert whole.frame["metric.energy_nj"].tolist() == pytest.approx([85_000, 85_000])
    assert whole.frame["agent"].tolist() == ["bo", "ga"]
    assert "latency in ms in 1 rows" in whole.sources[0]
    datasets.to_folder(whole, tmp_path / "out")
    assert len(datasets.load(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"{DESIGN},0.085,1.7,0.5,bo\n", r"t\.csv:3: energy is 0\.1 times power x latency"),
        (f"{DESIGN},0.085,1.7,0,bo\n", r"t\.csv:3: Latency is 0\.0, not above 0"),
        (f"{DESIGN.replace('Open', 'Ajar')},0.085,1.7,0.05,bo\n", r"t\.csv:3: PagePolicy takes"),
    ],
)
def test_rows_that_make_no_sense_are_refused(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        import_archgym(write(tmp_path / "t.csv", ROWS[0], row))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ArchgymError, match="column PagePolicy is missing"):
        import_archgym(tmp_path / "other.csv")
    with pytest.raises(ArchgymError, match="can't read"):
        import_archgym(tmp_path / "none.csv")
    with pytest.raises(ArchgymError, match="holds no evaluations"):
        import_archgym(write(tmp_path / "empty.csv"))
