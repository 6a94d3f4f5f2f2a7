import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import traces
from archgym.errors import ArchgymError
from archgym.traces.trace import Trace
from archgym.traces.window import window

COLUMNS = ("address", "is_write", "size", "initiator")


@given(st.integers(0, 49), st.data())
def test_requests_and_gaps_are_kept(first: int, data: st.DataObject) -> None:
    whole = traces.load("mixed", requests=50)
    requests = data.draw(st.none() | st.integers(1, 50 - first))
    cut = window(whole, first, requests)
    end = 50 if requests is None else first + requests
    assert len(cut) == end - first
    for name in COLUMNS:
        assert (getattr(cut, name) == getattr(whole, name)[first:end]).all()
    before = whole.arrival_ps[first - 1] if first else 0
    assert (cut.arrival_ps + before == whole.arrival_ps[first:end]).all()
    assert cut.player == whole.player


def test_consecutive_stretches_make_up_the_whole() -> None:
    whole = traces.load("zipf", requests=100)
    first, second = window(whole, 0, 30), window(whole, 30)
    arrivals = [*first.arrival_ps, *(second.arrival_ps + first.arrival_ps[-1])]
    assert arrivals == list(whole.arrival_ps)


def test_nothing_asked_for_is_the_whole() -> None:
    assert traces.load("sqlite").name == "sqlite"
    assert window(traces.load("sqlite", first=0)).name == "sqlite"


def test_recordings_and_files_take_the_options(tmp_path) -> None:
    cut = traces.load("sqlite", first=1000, requests=20)
    assert len(cut) == 20
    assert cut.name == "sqlite[1000:1020]"
    path = tmp_path / "t.stl"
    path.write_text("0: read 0x0\n3: write 0x40\n9: read 0x80\n")
    assert len(traces.load(path, clock_mhz=1000, first=1)) == 2
    assert traces.load(path, clock_mhz=1000, first=1).arrival_ps.tolist() == [3000, 9000]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests": 11}, "has 10 requests, there are no 11 from request 0 on"),
        ({"first": 9, "requests": 2}, "has 10 requests, there are no 2 from request 9 on"),
        ({"first": 10}, "has 10 requests, there are no 1 from request 10 on"),
        ({"first": -1}, "from 0 and from 1, not -1 and 1"),
        ({"requests": 0}, "not 0 and 0"),
        ({"requests": "5"}, "not 0 and '5'"),
        ({"first": 1.5}, "not 1.5 and 1"),
        ({"first": True}, "not True and 1"),
    ],
)
def test_no_such_stretch(options: dict, message: str) -> None:
    trace = Trace(range(10), range(10), [False] * 10, name="ten")
    with pytest.raises(ArchgymError, match=message):
        window(trace, **options)


def test_a_mistyped_option_of_a_recording() -> None:
    with pytest.raises(ArchgymError, match="no option 'request', only first, requests"):
        traces.load("sqlite", request=5)
