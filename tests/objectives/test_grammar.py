"""Every text of an objective has one meaning, and every objective one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import domain
from archgym.dram import objectives
from archgym.errors import ArchgymError
from archgym.objectives.terms import units

make = domain.load().objective


@pytest.mark.parametrize("text", domain.load().vocabulary.names())
def test_the_name_makes_an_equal_objective(text: str) -> None:
    objective = make(text)
    assert make(objective.name) == objective


FINITE = st.floats(0, exclude_min=True, allow_infinity=False)

LOWER = [name for name, term in objectives.TERMS.items() if term.lower_is_better]


@st.composite
def limits(draw: st.DrawFn, name: str) -> str:
    term = objectives.TERMS[name]
    written = [*units(term.unit), "x"] if term.unit else [""]
    space = st.sampled_from(["", " "])
    sign = "<=" if term.lower_is_better else ">="
    number = repr(draw(st.floats(1e-300, 1e290)))
    unit = draw(st.sampled_from(written))
    return f"{name}{draw(space)}{sign}{draw(space)}{number}{draw(space)}{unit}"


@st.composite
def limited(draw: st.DrawFn) -> str:
    least = draw(st.sampled_from(LOWER))
    slow = [n for n, term in objectives.TERMS.items() if term.shows_slowness and n != least]
    first = draw(st.sampled_from(slow))
    others = [name for name in objectives.TERMS if name not in (least, first)]
    terms = [first, *draw(st.lists(st.sampled_from(others), unique=True))]
    texts = [draw(limits(name)) for name in draw(st.permutations(terms))]
    joined = " and ".join(texts)
    return draw(st.sampled_from([f"{least} with {joined}", f"{joined}, then {least}"]))


@given(limited())
def test_every_limited_objective_has_one_name(text: str) -> None:
    objective = make(text)
    assert make(objective.name) == objective
    assert make(objective.name).name == objective.name
    assert domain.load().respell(objective.name) == objective.name


@given(FINITE)
def test_the_name_keeps_numbers_exactly(x: float) -> None:
    for text in (
        f"edp with latency <= {x!r}x",
        f"edp with latency <= {x!r}ns and power <= {x!r}mW",
        f"latency <= {x!r}ns, then power",
        f"archgym-power {x!r}",
    ):
        objective = make(text)
        assert make(objective.name) == objective
    assert make(f"edp with power <= {x!r}mW").limits[0].bound == x


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" power  with runtime<=1.05 x ", "power with runtime <= 1.05x"),
        ("runtime<=1.05x,then power", "power with runtime <= 1.05x"),
        ("latency <= 200ns, then power", "power with latency <= 200ns"),
        ("power with latency <= 0.2us", "power with latency <= 200ns"),
        ("latency<=2e2 ns ,then power", "power with latency <= 200ns"),
        ("runtime with power <= 2.5W", "runtime with power <= 2500mW"),
        ("runtime with energy <= 1.1mJ", "runtime with energy <= 1100000nJ"),
        ("power with bandwidth >= 12500 MB/s", "power with bandwidth >= 12.5GB/s"),
        ("latency<=1x and edp<=5e6nJ  ns, then power",
         "power with latency <= 1x and edp <= 5000000nJ ns"),
        ("queue_entries <= 64, then latency", "latency with queue_entries <= 64"),
        ("latency with queue_entries<=64.0", "latency with queue_entries <= 64"),
    ],
)  # fmt: skip
def test_spellings_of_one_objective_have_one_name(text: str, name: str) -> None:
    assert make(text) == make(name)
    assert make(text).name == name


@pytest.mark.parametrize(
    ("stored", "today"),
    [
        ("power with runtime <= 1.05", "power with runtime <= 1.05x"),
        ("edp with power<=1e0", "edp with power <= 1e0x"),
        ("latency <= 200, then power", "latency <= 200ns, then power"),
        ("edp <= 5e6, then power", "edp <= 5e6nJ ns, then power"),
        ("latency with queue_entries <= 64", "latency with queue_entries <= 64"),
        ("queue_entries <= 64, then latency", "queue_entries <= 64, then latency"),
        ("archgym-both 800 500", "archgym-both 800 500"),
        ("runtime", "runtime"),
    ],
)
def test_texts_of_stored_results_keep_their_meaning(stored: str, today: str) -> None:
    assert domain.load().respell(stored) == today
    assert domain.load().respell(today) == today
    make(today)


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("power with runtime <= 1.05", ["'runtime <= 1.05ns'", "'runtime <= 1.05x'"]),
        ("runtime with power <= 2500", ["'power <= 2500mW'", "'power <= 2500x'"]),
        ("latency <= 200, then power", ["'latency <= 200ns'", "'latency <= 200x'"]),
        ("power with bandwidth >= 12", ["'bandwidth >= 12GB/s'", "'bandwidth >= 12x'"]),
        ("power with latency <= 1x and edp <= 2", ["'edp <= 2nJ ns'", "'edp <= 2x'"]),
    ],
)
def test_a_bare_number_is_refused_with_both_spellings(text: str, spellings: list[str]) -> None:
    with pytest.raises(ArchgymError) as refused:
        make(text)
    assert all(spelling in str(refused.value) for spelling in spellings)


@given(limited(), st.data())
def test_other_cases_propose_the_text_that_was_meant(text: str, data: st.DataObject) -> None:
    capitals = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    # The exponent of a number may be a capital.
    other = "".join(
        letter.upper() if chosen and letter != "e" else letter
        for letter, chosen in zip(text, capitals, strict=True)
    )
    try:
        meant = make(other)
    except ArchgymError as refused:
        meant = make(str(refused).partition("did you mean ")[2][1:-2])
    assert meant == make(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("power with latency <= 200\N{MICRO SIGN}s", "power with latency <= 200us"),
        ("power with latency <= 200\N{GREEK SMALL LETTER MU}s", "power with latency <= 200us"),
        ("runtime with energy <= 5\N{MICRO SIGN}J", "runtime with energy <= 5uJ"),
        ("power with runtime \N{LESS-THAN OR EQUAL TO} 1x", "power with runtime <= 1x"),
        ("power with runtime <= 2\N{MULTIPLICATION SIGN}", "power with runtime <= 2x"),
        ("power with runtime <= 1x, latency <= 2x", "power with runtime <= 1x and latency <= 2x"),
        ("runtime <= 1x then power", "runtime <= 1x, then power"),
        ("Archgym-Both 800 500", "archgym-both 800 500"),
    ],
)
def test_what_is_meant_is_proposed(text: str, meant: str) -> None:
    with pytest.raises(ArchgymError) as refused:
        make(text)
    assert str(refused.value).endswith(f"; did you mean {meant!r}?")
    make(meant)


def test_of_two_spellings_the_likelier_comes_first() -> None:
    for number, first in (("1.05", "x"), ("0.9", "x"), ("200", "ns")):
        with pytest.raises(ArchgymError, match=f"write 'latency <= {number}{first}'"):
            make(f"power with latency <= {number}")


@pytest.mark.parametrize("least", ["power", "queue_entries"])
def test_only_a_limit_that_slow_designs_miss_makes_up_for_slowness(least: str) -> None:
    for name, term in objectives.TERMS.items():
        if name == least:
            continue
        sign = "<=" if term.lower_is_better else ">="
        text = f"{least} with {name} {sign} 1{'x' if term.unit else ''}"
        if name in ("energy", "power", "queue_entries"):
            with pytest.raises(ArchgymError, match="rewards"):
                make(text)
            make(f"{text} and latency <= 1x")
        else:
            make(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtme", "unknown objective 'runtme'; did you mean 'runtime'"),
        ("power", "rewards slowness"),
        ("queue_entries", "rewards the smallest controller"),
        ("bandwidth", "more bandwidth is better, so it can only be limited"),
        ("bandwidth with power <= 1x", "can only be limited"),
        ("power with bandwidth <= 1x", "more bandwidth is better; write 'bandwidth >= 1x'"),
        ("power with runtime >= 1x", "less runtime is better; write 'runtime <= 1x'"),
        ("power with runtime < 1x", "'runtime < 1x' is no limit"),
        ("power with runtime", "'runtime' is no limit"),
        ("power with runtime <= 1x and", "did you mean 'power with runtime <= 1x'"),
        ("power with and runtime <= 1x", "'and' joins two limits"),
        ("power with runtime <= 1x and and latency <= 1x", "'and' joins two limits"),
        ("runtime <= 1x", "says nothing to minimise; write 'power with runtime <= 1x'"),
        ("power <= 3W and runtime <= 1x", "'latency with power <= 3W and runtime <= 1x'"),
        ("runtime <= 1.05", "has no unit; write 'runtime <= 1.05x'"),
        ("power with runtime <= 1x or latency <= 1x", "unknown unit of runtime"),
        ("latency with queue_entries <= 64x", "is a count; write 'queue_entries <= 64'"),
        ("latency with queue_entry <= 64", "did you mean 'queue_entries'"),
        ("power with rntime <= 1x", "'rntime'; did you mean 'runtime'"),
        ("pwer with runtime <= 1x", "'pwer'; did you mean 'power'"),
        ("power with power <= 1x", "limits the very term it minimises"),
        ("power with runtime <= 1x and runtime <= 5us", "limits runtime twice"),
        ("power with runtime <= -1x", "positive number, not '-1'"),
        ("power with runtime <= infx", "positive number, not 'infx'"),
        ("power with runtime <= 1e999ns", "positive number, not '1e999'"),
        ("power with runtime <= 1e-999ns", "positive number, not '1e-999'"),
        ("power with runtime <= 1.2.3ns", "positive number, not '1.2.3'"),
        ("power with runtime <= 1nJ", "unknown unit of runtime .* 'nJ'"),
        ("runtime with power <= 2500mw", "mean 'runtime with power <= 2500mW'"),
        ("RUNTIME", "unknown objective 'RUNTIME'; did you mean 'runtime'"),
        ("latency <= 0ns, then power", "positive number, not '0'"),
        ("archgym-powr", "did you mean 'archgym-power'"),
        ("archgym-power 1 2", "takes 1 target"),
        ("archgym-both 1", "takes 2 target"),
        ("archgym-power x", "positive number, not 'x'"),
        ("", "unknown objective"),
    ],
)
def test_bad_texts(text: str, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        make(text)
