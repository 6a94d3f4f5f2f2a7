"""Remarks say what the numbers of a comparison don't."""

import math

import pytest

from archgym import domain, make_space
from archgym.analysis.remarks import default_design, remark


def row(owed: float, policy: str = "AllBank", **issued: float) -> dict[str, object]:
    commands = {f"metric.commands_{name}": count for name, count in issued.items()}
    return {"metric.refreshes_owed": owed, "param.RefreshPolicy": policy, **commands}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (row(7, refab=0), "owes 7 of 7 refreshes: too short to judge postponing"),
        (
            row(2, refpb=3, refab=1, act=100),
            "owes 2 of 6 refreshes: too short to judge postponing",
        ),
        (row(8, refab=2000), "owes 8 of 2,008 refreshes"),
        (row(8, refab=120), "owes 8 of 128 refreshes"),
        (row(8, refab=119), "owes 8 of 127 refreshes: too short to judge postponing"),
        (
            row(300, "NoRefresh", refab=math.nan),
            "owes 300 of 300 refreshes: never refreshes, so the DRAM loses its data",
        ),
        (row(0, refab=9), ""),
        (row(math.nan), ""),
        ({"metric.runtime_ns": 1.0}, ""),
    ],
)
def test_refreshes_owed(row: dict[str, object], said: str) -> None:
    assert remark(row, domain.load()) == said


def test_the_default_design_is_told_from_the_controllers_own() -> None:
    text = default_design(make_space("archgym"), domain.load())
    assert text.startswith("default: space archgym's default design {PagePolicy=OpenAdaptive, ")
    assert "RefreshMaxPostponed=1" in text
    assert text.endswith("; the hardware's own has RefreshMaxPostponed=0, RefreshMaxPulledin=0")
    assert "hardware's own" not in default_design(make_space("controller-v1"), domain.load())
    # What has no effect says nothing.
    assert "MaxActiveTransactions" not in text
