"""Convergence curves and their plots."""

import re
import sys
from collections.abc import Callable

import numpy as np
import pytest

from archgym import domain
from archgym.analysis import Results
from archgym.analysis.curves import convergence_plot, curve
from archgym.errors import MissingExtraError

inf = np.inf
make = domain.load().objective
RUNTIME = make("runtime")


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


def test_curves_hold_no_penalty(made_up: Callable[..., Results]) -> None:
    (agents,) = made_up(
        {"a": [[120, 9, 110], [8, 7, 130], [140, 130, 130]]},
        {"a": [[0.2, 0, 0.1], [0, 0, 0.3], [0.4, 0.3, 0.3]]},
    ).trials.values()
    median, least, greatest = curve(agents["a"])
    assert median.tolist() == [inf, 0.9, 0.9]
    assert least.tolist() == [0.8, 0.7, 0.7]
    assert greatest.tolist() == [inf, inf, inf]
    pytest.importorskip("matplotlib")
    svg = convergence_plot(agents, "a", make("power with runtime <= 1.05x"))
    assert "least power within limits so far / default's" in svg
    assert "best cost so far / default's" in convergence_plot(agents, "a", RUNTIME)


def test_plot_is_one_inline_svg(agents: dict) -> None:
    pytest.importorskip("matplotlib")
    svg = convergence_plot(agents, "a", RUNTIME)
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    assert "one agent" in svg
    assert "other &lt;b&gt;" in svg
    assert "http" not in svg
    assert "xmlns" not in svg


def test_plots_are_reproducible_and_their_ids_do_not_clash(agents: dict) -> None:
    pytest.importorskip("matplotlib")
    first, again, other = (convergence_plot(agents, name, RUNTIME) for name in ("a", "a", "b"))
    assert first == again
    clips = [set(re.findall(r'<clipPath id="([^"]+)"', svg)) for svg in (first, other)]
    assert clips[0]
    assert not clips[0] & clips[1]


def test_agent_that_never_found_anything(made_up: Callable[..., Results]) -> None:
    pytest.importorskip("matplotlib")
    (agents,) = made_up({"hopeless": [[inf, inf]], "fine": [[5, 4]]}).trials.values()
    assert convergence_plot(agents, "a", RUNTIME).startswith("<svg")


def test_missing_matplotlib(agents: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"the report needs matplotlib.*archgym\[report\]"):
        convergence_plot(agents, "a", RUNTIME)
