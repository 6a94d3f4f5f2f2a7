"""Names and numbers from outside: they decide neither where files go nor what a library parses."""

import json
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archgym.study import Study

NAME = "../../<script>alert(1)</script> $\\frac{$ [red]"
LABELS = [
    "$\\frac{$",
    "$x^{",
    "[red]<b>x</b>[/blue]",
    "=1+1\"'{{ 1 }}",
    "大きい\\",
    "n" * 300,
    "_",
]
TRACE = "$\\frac{$[bold]&.stl"


@pytest.fixture
def spec(tmp_path):
    """A study in which every text is hostile."""
    labels = [json.dumps(label, ensure_ascii=False) for label in LABELS]
    agents = "".join(f"[agents.{label}]\nagent = 'random_search'\n" for label in labels)
    (tmp_path / "spec.toml").write_text(
        f"name = '''{NAME}'''\nbudget = 3\nseeds = 1\nworkloads = ['''{TRACE}''']\n{agents}",
        encoding="utf-8",
    )
    (tmp_path / TRACE).write_text("0: read 0x0\n3: write 0x40\n", encoding="utf-8")
    return tmp_path / "spec.toml"


class Tags(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


def test_a_study_of_hostile_names(archgym, spec):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out, err = archgym("run", spec)
    assert "Warning" not in err
    for label in LABELS:
        assert label in out
    (folder,) = Path("runs").iterdir()
    assert re.fullmatch(r"[A-Za-z0-9.+_-]+", folder.name)
    assert {path.name for path in Path().iterdir()} == {"runs", "spec.toml", TRACE}
    assert len(list((folder / "trials").glob("*.parquet"))) == len(LABELS)
    page = Tags()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert NAME in page.text
    for label in LABELS[:5]:
        assert page.text.count(label) >= 2  # In a table and in a legend.
    assert Study.parse(folder / "spec.toml") == Study.parse(spec)


def test_a_picture_of_a_hostile_name(archgym, spec):
    archgym("trace", "plot", TRACE, "--out", "plot.svg")
    assert "$\\frac{$" in Path("plot.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", ".", "..", "x" * 300, "~", "größe"])
def test_a_name_never_leads_out_of_the_folder(archgym, spec, name):
    text = spec.read_text(encoding="utf-8").replace(NAME, name)
    spec.write_text(text, encoding="utf-8")
    archgym("run", spec)
    assert {path.name for path in Path().iterdir()} == {"runs", "spec.toml", TRACE}
    assert len(list(Path("runs").iterdir())) == 1


@pytest.mark.parametrize("text", ["\\u0000", "a\\nb", "\\u001b[31m", "\\u009b"])
def test_control_characters_are_refused(archgym, spec, text):
    spec.write_text(f'name = "{text}"\n' + spec.read_text(encoding="utf-8").partition("\n")[2])
    _, err = archgym("run", spec, code=2)
    assert "spec.toml: name: " in err
    assert "holds the control character" in err
    assert err.count("\n") == 1
    assert not Path("runs").exists()
