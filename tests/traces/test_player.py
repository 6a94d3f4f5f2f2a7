"""Open and closed players: what they accept, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulators import simulate
from archgym.simulators.native import Native
from archgym.traces.player import OPEN, Player
from archgym.traces.trace import Trace

closed_players = st.builds(
    Player, st.just("closed"), st.integers(1, 65536), st.integers(0, 10**12), st.booleans()
)


@given(st.one_of(st.just(OPEN), closed_players))
def test_what_is_written_reads_back(player: Player) -> None:
    assert Player.from_mapping(player.to_mapping()) == player


@given(closed_players, closed_players)
def test_words_tell_players_apart(first: Player, second: Player) -> None:
    assert (str(first) == str(second)) == (first == second)


def test_words() -> None:
    assert str(OPEN) == "open"
    player = Player("closed", 8, think_time_ps=5000, dependent=True)
    assert str(player) == "closed, 8 outstanding, think time 5000 ps, dependent"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "close"}, "unknown player 'close'; did you mean 'closed'"),
        ({"mode": "closed"}, "a closed player needs max_outstanding"),
        ({"mode": "closed", "dependent": True}, "a closed player needs max_outstanding"),
        ({"max_outstanding": 8}, "max_outstanding is a closed player's"),
        ({"mode": "open", "think_time_ps": 1}, "think_time_ps is a closed player's"),
        ({"mode": "open", "dependent": True}, "dependent is a closed player's"),
        ({"mode": "closed", "max_outstanding": 0}, "whole number from 1 to 65536, not 0"),
        ({"mode": "closed", "max_outstanding": True}, "whole number from 1 to 65536, not True"),
        ({"mode": "closed", "max_outstanding": 2.0}, "whole number from 1 to 65536, not 2.0"),
        ({"mode": "closed", "max_outstanding": 2, "think_time_ps": -1}, "think_time_ps must be"),
        ({"mode": "closed", "max_outstanding": 2, "dependent": 1}, "dependent must be true or"),
        ({"mode": "closed", "max_oustanding": 2}, "'max_oustanding'; did you mean 'max_outst"),
    ],
)
def test_mistakes(values: dict[str, object], message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        Player.from_mapping(values)


@pytest.fixture
def trace() -> Trace:
    return Trace([0, 7000, 9000], [0, 64, 128], [0, 1, 0], [64, 64, 256], name="t")


def test_closed_play_ignores_arrivals(trace: Trace) -> None:
    system = Workload.load("stream", requests=1).system
    closed = Workload(system, trace, Player("closed", 2))
    played = Workload(system, trace)
    assert set(closed.bursts().arrival_ps.tolist()) == {0}
    assert played.bursts().arrival_ps.tolist() == [0, 7000, 9000, 9000, 9000, 9000]
    for mine, others in zip(closed.bursts()[1:], played.bursts()[1:], strict=True):
        assert mine.tolist() == others.tolist()


def test_the_player_is_part_of_the_id_unless_it_is_open() -> None:
    def identity(player: Player) -> str:
        return Workload.load("stream", player=player, requests=10).id

    players = [OPEN, Player("closed", 8), Player("closed", 9), Player("closed", 8, 1)]
    players.append(Player("closed", 8, dependent=True))
    assert len({identity(player) for player in players}) == len(players)
    assert identity(OPEN) == Workload.load("stream", requests=10).id


def test_files_can_be_played_closed(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "app.stl"
    path.write_text("3: read 0x40\n")
    player = Player("closed", 1)
    assert Workload.from_file(path, player=player).player == player


@pytest.mark.parametrize("cycles", [0, 13])
def test_one_request_at_a_time_takes_the_sum_of_their_latencies(cycles: int) -> None:
    clock = 833
    # Times are rounded up to cycles of the DRAM.
    think_time_ps = max(cycles * clock - clock // 2, 0)
    player = Player("closed", 1, think_time_ps)
    workload = Workload.load("mixed", player=player, requests=300)
    for metrics in Native().evaluate([{}, {"PagePolicy": "Closed", "Arbiter": "Simple"}], workload):
        thinking = 299 * cycles * clock / 1000
        assert metrics["runtime_ns"] == pytest.approx(300 * metrics["latency_ns"] + thinking)


def test_closed_play_of_native() -> None:
    def runtime(player: Player) -> float:
        workload = Workload.load("random", player=player, requests=300, read_share=0.7)
        return simulate({}, workload)["runtime_ns"]

    limits = [runtime(Player("closed", limit)) for limit in (1, 2, 8, 64)]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > 2 * limits[-1]
    assert runtime(Player("closed", 64, dependent=True)) > 2 * limits[-1]
