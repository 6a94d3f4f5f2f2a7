"""The page is complete, self-contained, and works in a real browser."""

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from archgym.analysis import Results, write_report
from archgym.errors import ArchgymError, MissingExtraError
from archgym.study import Study

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

# Run in the page: what it loaded, and what can be seen of it.
PROBE = """
<script>
addEventListener("load", () => {
  const box = element => element.getBoundingClientRect();
  const seen = {
    loaded: performance.getEntriesByType("resource").map(entry => entry.name),
    plots: [...document.querySelectorAll("svg")].map(svg => [box(svg).width, box(svg).height]),
    texts: [...document.querySelectorAll("svg text")].map(text => text.textContent.trim()),
    rows: document.querySelectorAll("table.agents tbody tr").length,
    cut: [...document.querySelectorAll(".wide")].filter(e => e.scrollWidth > e.clientWidth).length,
    wider: document.documentElement.scrollWidth - innerWidth,
  };
  document.title = JSON.stringify(seen);
});
</script>
"""


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    path = folder / "report.html"
    write_report(Results.load(folder), path)
    return path.read_text(encoding="utf-8")


def test_nothing_comes_from_outside(page: str) -> None:
    assert "http" not in page
    assert "@import" not in page
    assert "<script" not in page
    for link in re.findall(r'(?:src|href)\s*=\s*"([^"]*)"', page):
        assert link.startswith(("#", "data:")), link


def test_what_it_says(page: str, folder: Path) -> None:
    assert page.count("<svg") == 4
    assert "small &lt;study&gt; &amp; more" in page
    assert "<study>" not in page
    assert "are not complete" not in page
    spec = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert spec is not None
    written = folder / "from-report.toml"
    written.write_text(unescape(spec[1]))
    assert Study.load(written) == Results.load(folder).study


def test_ids_are_unique(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    referred = re.findall(r"url\(#([^)]+)\)", page) + re.findall(r'href="#([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert referred
    assert set(referred) <= set(ids)


def test_best_design_is_the_logs(page: str, folder: Path) -> None:
    results = Results.load(folder)
    for number, problem in enumerate(results.trials, start=1):
        section = page.split(f'<section id="problem-{number}">')[1].split("</section>")[0]
        log = results.best(problem).log
        row = log.loc[log["cost"].idxmin()]
        design = section.split('<table class="design">')[1].split("</table>")[0]
        cells = re.findall(r"<td[^>]*>([^<]*)</td>", design)
        found = dict(zip(cells[::3], cells[2::3], strict=True))
        for name, value in found.items():
            assert value in (str(row[f"param.{name}"]), "no effect")
        assert found["PagePolicy"] == row["param.PagePolicy"]
        assert (found["MaxActiveTransactions"] == "no effect") == (found["Arbiter"] == "Simple")


def test_it_says_which_default_it_compares_with(page: str) -> None:
    text = unescape(page)
    assert "space archgym's default design {PagePolicy=OpenAdaptive" in text
    assert "the hardware's own has RefreshMaxPostponed=0, RefreshMaxPulledin=0" in text


def test_limits_and_refreshes_owed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    met, missed = "power with latency <= 1x and bandwidth >= 0.5x", "energy with runtime <= 0.1x"
    study = Study.from_mapping(
        {
            "budget": 25,
            "seeds": 2,
            "objectives": [met, missed],
            "workloads": [{"name": "stream", "requests": 300}],
            "agents": {"random_search": {}},
        },
        "options",
    )
    assert study.run(tmp_path) == []
    write_report(Results.load(tmp_path), tmp_path / "report.html")
    page = unescape((tmp_path / "report.html").read_text())
    overview, first, second = re.split(r'<section id="problem-\d">', page)
    assert "(0 of 2)" in overview
    assert "least power within limits so far" in first
    assert re.search(r"at [\d,.]+ mW, [\d.]+ of the default's power, was found", first)
    assert re.search(r"<td>latency <= 1x</td>.*?[\d.]+ ns</td>", first)
    assert re.search(r"<td>bandwidth >= 0.5x</td>.*?[\d.]+ GB/s</td>", first)
    assert "Nobody found a design within the limits" in second
    assert re.search(r"<td>runtime <= 0.1x</td>.*?ns, 900 % beyond</td>", second)
    assert "0 of 2</td>" in second
    assert re.search(r"\d+ % beyond</td>", second)


def test_unfinished_study_says_so(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    next((tmp_path / "copy" / "trials").glob("*.parquet")).unlink()
    write_report(Results.load(tmp_path / "copy"), tmp_path / "report.html")
    assert "1 of 36 trials are not complete" in (tmp_path / "report.html").read_text()


def test_unwritable(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match=r"can't write .*No such file"):
        write_report(Results.load(folder), tmp_path / "no" / "such" / "report.html")


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_missing_extra(
    module: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"needs {module}, .*archgym\[report\]"):
        write_report(Results.load(folder), tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [1280, 500])
def test_in_a_browser(page: str, tmp_path: Path, width: int) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    probed = tmp_path / "probed.html"
    probed.write_text(page.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    run = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},1000",
            "--dump-dom",
            probed.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "CONSOLE" not in run.stderr
    title = re.search(r"<title>(.*?)</title>", run.stdout, re.DOTALL)
    assert title is not None
    seen = json.loads(unescape(title[1]))
    assert seen["loaded"] == []
    assert len(seen["plots"]) == 4
    assert all(w > 0.5 * min(width, 900) and h > 200 for w, h in seen["plots"])
    assert {"random search", "random walk", "genetic algorithm", "evaluations"} <= set(
        seen["texts"]
    )
    assert seen["rows"] == 4 * 3
    assert seen["wider"] <= 0
    assert seen["cut"] == 0 or width < 1000
