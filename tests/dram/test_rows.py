import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.rows import Outcome, banks, row_outcomes
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulators import simulate
from archgym.traces.player import Player
from archgym.traces.trace import Trace

DEVICES = {name: System.load(name) for name in ("ddr4-2400", "ddr4-2400-2channel", "hbm2")}


@given(st.sampled_from(sorted(DEVICES)), st.lists(st.integers(0, 2**22), min_size=1))
def test_outcomes_are_those_of_banks_that_keep_their_rows_open(device, lines):
    system = DEVICES[device]
    trace = Trace([0] * len(lines), np.array(lines) * 128, [0] * len(lines))
    workload = Workload(system, trace)
    where = workload.locations()
    open_rows, expected = {}, []
    for channel, bank, row in zip(where.channel, where.bank, where.row, strict=True):
        found = open_rows.get((channel, bank))
        expected.append(
            Outcome.MISS if found is None else Outcome.HIT if found == row else Outcome.CONFLICT
        )
        open_rows[channel, bank] = row
    assert row_outcomes(workload).tolist() == expected
    assert len(set(banks(workload).tolist())) == len(open_rows)


@pytest.mark.parametrize("name", ["stream", "random", "zipf"])
def test_a_controller_that_serves_one_request_at_a_time_finds_the_same(name):
    workload = Workload.load(name, player=Player("closed", 1), requests=2000)
    design = {"Scheduler": "Fifo", "PagePolicy": "Open", "RefreshPolicy": "NoRefresh"}
    metrics = simulate(design, workload)
    outcomes = np.bincount(row_outcomes(workload), minlength=3)
    assert metrics["row_hits"] == outcomes[Outcome.HIT]
    assert metrics["row_misses"] == outcomes[Outcome.MISS]
    assert metrics["row_conflicts"] == outcomes[Outcome.CONFLICT]
