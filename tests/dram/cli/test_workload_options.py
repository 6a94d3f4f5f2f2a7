"""Options of workloads: what is given is passed on, what can't mean anything is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import Player
from archgym.dram.cli.workload_options import DramOptions, FileOptions, PlayerOptions
from archgym.errors import ArchgymError

FILE = FileOptions(clock_mhz=800, reads_only=True)
WHEREVER_A_WORKLOAD_IS_NAMED = (
    ("simulate",),
    ("compare",),
    ("enumerate",),
    ("trace", "info"),
    ("trace", "plot"),
    ("trace", "mix"),
    ("trace", "convert"),
)


@pytest.mark.parametrize("command", WHEREVER_A_WORKLOAD_IS_NAMED)
def test_every_command_that_names_a_workload_has_them(archgym, command):
    out, _ = archgym(*command, "--help")
    words = out.split()
    for option in (
        *("--clock-mhz", "--size", "--reads-only"),
        *("--player", "--max-outstanding", "--think-time", "--dependent"),
    ):
        assert option in words, f"{' '.join(command)} {option}"


def test_options_of_files_are_for_files_alone():
    told = {"clock_mhz": 800, "reads_only": True}
    assert FILE.given(["a.csv", "stream"]) == {"a.csv": told, "stream": {}}
    assert FileOptions().given(["stream"]) == {"stream": {}}
    with pytest.raises(ArchgymError, match="--clock-mhz is for trace files, which stream, zipf"):
        FILE.given(["stream", "zipf"])


CLOSED = st.builds(
    Player,
    mode=st.just("closed"),
    max_outstanding=st.integers(1, 100),
    think_time_ps=st.integers(0, 10**6).map(lambda ns: ns * 1000),
    dependent=st.booleans(),
)


@given(CLOSED, CLOSED)
def test_a_player_is_the_traces_own_but_for_what_is_given(own, other):
    assert PlayerOptions().instead_of(own) == own
    assert PlayerOptions(player="open").instead_of(own) == Player()
    few = PlayerOptions(max_outstanding=other.max_outstanding).instead_of(own)
    assert few == Player("closed", other.max_outstanding, own.think_time_ps, own.dependent)
    all_of_it = PlayerOptions(
        "closed", other.max_outstanding, other.think_time_ps / 1000, other.dependent
    )
    for before in (own, Player()):
        assert all_of_it.instead_of(before) == other


def test_a_study_is_told_what_is_given(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("address\n0\n")
    (stream,), notes = DramOptions().specify([" stream "], {})
    assert (stream, notes) == (("stream", {}), [])
    closed = PlayerOptions(max_outstanding=4, dependent=True)
    own = DramOptions(files=FILE, player=closed)
    ((name, options),), notes = own.specify([str(path)], {"first": 0})
    player = Player("closed", 4, dependent=True)
    assert name == str(path)
    assert options == {"clock_mhz": 800, "first": 0, "reads_only": True, "player": player}
    assert notes == [f"{path}: read as csv"]
