"""Convergence curves and their plots."""

import re
import sys
from collections.abc import Callable

import numpy as np
import pytest

from archgym.analysis import Results
from archgym.analysis.curves import convergence_plot, curve
from archgym.errors import MissingExtraError

inf = np.inf


@pytest.fixture
def agents(made_up: Callable[[dict[str, list[list[float]]]], Results]) -> dict:
    results = made_up(
        {"one_agent": [[30, 5, 4], [20, 10, 10], [inf, 8]], "other <b>": [[9, 9, 9, 8]]}
    )
    (found,) = results.trials.values()
    return found


def test_curve_by_hand(agents: dict) -> None:
    median, least, greatest = curve(agents["one_agent"])
    assert median.tolist() == [3, 0.8, 0.8]
    assert least.tolist() == [2, 0.5, 0.4]
    assert greatest.tolist() == [inf, 1, 1]


def test_plot_is_one_inline_svg(agents: dict) -> None:
    pytest.importorskip("matplotlib")
    svg = convergence_plot(agents, "a")
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    assert "one agent" in svg
    assert "other &lt;b&gt;" in svg
    assert "http" not in svg
    assert "xmlns" not in svg


def test_plots_are_reproducible_and_their_ids_do_not_clash(agents: dict) -> None:
    pytest.importorskip("matplotlib")
    first, again, other = (convergence_plot(agents, name) for name in ("a", "a", "b"))
    assert first == again
    clips = [set(re.findall(r'<clipPath id="([^"]+)"', svg)) for svg in (first, other)]
    assert clips[0]
    assert not clips[0] & clips[1]


def test_agent_that_never_found_anything(made_up: Callable[..., Results]) -> None:
    pytest.importorskip("matplotlib")
    (agents,) = made_up({"hopeless": [[inf, inf]], "fine": [[5, 4]]}).trials.values()
    assert convergence_plot(agents, "a").startswith("<svg")


def test_missing_matplotlib(agents: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"the report needs matplotlib.*archgym\[report\]"):
        convergence_plot(agents, "a")
