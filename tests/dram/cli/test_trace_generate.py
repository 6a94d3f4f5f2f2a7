import json

import pytest

from archgym import traces
from archgym.traces.generators import GENERATORS, MEANINGS, generate
from archgym.traces.mix import mix


def test_writes_what_the_library_generates(archgym, tmp_path):
    out, err = archgym(
        "trace", "generate", "gups", "requests=1e3", "seed=3", "intensity=inf", "lookahead=8",
        "-o", "gups.csv",
    )  # fmt: skip
    expected = generate("gups", requests=1000, seed=3, intensity=float("inf"), lookahead=8)
    assert traces.read(tmp_path / "gups.csv").sha256 == expected.sha256
    assert out == "gups.csv: 1,000 requests of gups, 50% of them reads, in 0.0 µs, played open\n"
    assert err == ""


def test_options_are_read_as_their_types(archgym, tmp_path):
    archgym(
        "trace", "generate", "triad", "-o", "t.parquet", "write_allocate=true", "intensity=1",
        "footprint=123456789012345",
    )  # fmt: skip
    expected = generate("triad", write_allocate=True, intensity=1, footprint=123456789012345)
    assert traces.read(tmp_path / "t.parquet").sha256 == expected.sha256


def test_json_says_what_the_file_can_not_hold(archgym, tmp_path):
    out, _ = archgym("trace", "generate", "pointer-chase", "-o", "chase.csv", "--json")
    document = json.loads(out)
    trace = generate("pointer-chase")
    assert document == {
        "trace": "pointer-chase",
        "path": "chase.csv",
        "requests": 10_000,
        "reads": 10_000,
        "duration_ns": trace.duration_ps / 1000,
        "initiators": 1,
        "player": {"mode": "closed", "max_outstanding": 1, "dependent": True},
        "losses": ["the player is lost"],
    }
    text, note = archgym("trace", "generate", "pointer-chase", "-o", "chase.csv")
    assert len(text.splitlines()) == 1
    assert note == "note: chase.csv: the player is lost\n"


@pytest.mark.parametrize("name", GENERATORS)
def test_shows_options(archgym, name):
    options = GENERATORS[name].options
    entries = json.loads(archgym("trace", "generate", name, "--options", "--json")[0])
    assert {entry["name"]: entry["default"] for entry in entries} == options
    lines = archgym("trace", "generate", name, "--options")[0].splitlines()
    for line, option in zip(lines[1:], options, strict=True):
        assert line.startswith(option)
        assert line.endswith(MEANINGS[option])


def test_mix_of_names_and_files(archgym, tmp_path):
    archgym("trace", "generate", "gups", "requests=500", "-o", "gups.stl", "--clock-mhz", "1000")
    out, _ = archgym(
        "trace", "mix", "stream", "gups.stl", "zipf", "-o", "mix.parquet", "--offset-ns", "2.5",
        "--clock-mhz", "1000",
    )  # fmt: skip
    gups = traces.read(tmp_path / "gups.stl", clock_mhz=1000)
    expected = mix([traces.load("stream"), gups, traces.load("zipf")], 2500)
    written = traces.read(tmp_path / "mix.parquet")
    assert written.sha256 == expected.sha256
    assert out.startswith("mix.parquet: 20,500 requests of stream+gups+zipf, ")


def test_mix_of_a_file_that_leaves_much_open(archgym, tmp_path):
    (tmp_path / "t.csv").write_text("address\n8\n136\n")
    command = ("trace", "mix", "t.csv", "stream", "-o", "mix.parquet", "--clock-mhz", 500)
    _, err = archgym(*command, code=2)
    assert "there is no column 'is_write'" in err
    _, err = archgym(*command, "--reads-only", code=2)
    assert "t is meant to be played closed, 16 outstanding and trace stream open" in err
    out, err = archgym(*command, "--reads-only", "--player", "open")
    assert out.endswith("played open\n")
    assert err == (
        "note: t.csv: read as csv\nnote: t.csv: has no times, a request arrives every 2000 ps\n"
    )
    written = traces.read(tmp_path / "mix.parquet")
    assert written.duration_ps == traces.load("stream").duration_ps


def test_mix_that_shares_memory(archgym, tmp_path):
    archgym("trace", "mix", "random", "random", "-o", "mix.csv", "--shared")
    random = traces.load("random")
    assert traces.read(tmp_path / "mix.csv").sha256 == mix([random, random], separate=False).sha256


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "gup", "-o", "t.csv"], "unknown generator 'gup'; did you mean 'gups'"),
        (["generate", "gup", "--options"], "unknown generator 'gup'; did you mean 'gups'"),
        (
            ["generate", "gups", "request=3", "-o", "t.csv"],
            "unknown option of trace gups 'request'; did you mean 'requests'",
        ),
        (
            ["generate", "gups", "read_share=0.5", "-o", "t.csv"],
            "unknown option of trace gups 'read_share'",
        ),
        (["generate", "gups", "100", "-o", "t.csv"], "such as requests=100000, found '100'"),
        (["generate", "gups", "seed=1", "seed=2", "-o", "t.csv"], "seed is given twice"),
        (["generate", "gups", "seed=", "-o", "t.csv"], "seed must be a whole number, is ''"),
        (["generate", "gups", "seed=one", "-o", "t.csv"], "must be a whole number, is 'one'"),
        (["generate", "gups", "seed=true", "-o", "t.csv"], "must be a whole number, is True"),
        (["generate", "gups", "requests=1.5", "-o", "t.csv"], "a whole number, is 1.5"),
        (["generate", "gups", "intensity=nan", "-o", "t.csv"], "intensity must be 1e-9 or more"),
        (["generate", "triad", "write_allocate=1", "-o", "t.csv"], "must be true or false, is 1"),
        (
            ["generate", "gups", "requests=1e30", "-o", "t.csv"],
            "requests must be at most 100,000,000",
        ),
        (
            ["generate", "bursty", "streams=1e30", "-o", "t.csv"],
            "streams must be at most 100,000,000",
        ),
        (
            ["generate", "bursty", "streams=2e14", "-o", "t.csv"],
            "streams must be at most 100,000,000",
        ),
        (["generate", "gups"], "--out is missing"),
        (["info", ""], "the name of a trace is empty"),
        (["generate", "gups", "-o", "t.xyz"], "t.xyz has none of the endings"),
        (["generate", "gups", "-o", "t.stl"], "clock_mhz is needed"),
        (["generate", "gups", "-o", "nowhere/t.csv"], "can't write trace nowhere/t.csv"),
        (["mix", "stream", "-o", "t.csv"], "a mix needs two traces or more, has 1"),
        (["mix", "stream", "zip", "-o", "t.csv"], "unknown trace 'zip'; did you mean 'zipf'"),
        (["mix", "stream", "t.csv", "-o", "t.csv"], "t.csv"),
        (["mix", "t.csv+zipf", "gups", "-o", "u.csv"], "archgym trace mix t.csv zipf --out"),
        (["mix", "t.csv+u.csv", "gups", "-o", "u.csv"], "t.csv+u.csv: No such file"),
        (["generate", "sqlite", "-o", "t.csv"], "sqlite is a bundled workload, not a generator"),
        (
            ["mix", "stream", "pointer-chase", "-o", "t.csv"],
            "in one way; choose it by trace mix --player",
        ),
        (["mix", "stream", "zipf", "-o", "t.csv", "--offset-ns", "-1"], "--offset-ns must lie in"),
        (["mix", "stream", "zipf", "-o", "t.csv", "--offset-ns", "nan"], "--offset-ns must lie in"),
    ],
)
def test_mistakes_are_one_sentence_and_write_nothing(archgym, tmp_path, arguments, message):
    out, err = archgym("trace", *arguments, code=2)
    assert message in err
    assert len(err.splitlines()) == 1
    assert out == ""
    assert not list(tmp_path.iterdir())
