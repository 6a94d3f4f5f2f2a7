"""What a trace is like, as one picture of six panels.

Along the trace: the addresses; the same with the touched pages one above the other in the order of
their first touch, which shows the program's phases even where pages are scattered over memory; and
the bandwidth asked for. Over the whole of it: reuse distances, what each bank is asked for, and how
many rows most of it falls on.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from archgym.analysis.curves import COLOURS, LONGEST_LABEL, unknown_letters
from archgym.dram.reuse import reuse_distances, touched_lines
from archgym.dram.rows import Outcome, banks, row_outcomes
from archgym.dram.trace_statistics import PAGE_BYTES, reuse_shares
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.extras import needed_by
from archgym.texts import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png")

READS, WRITES = COLOURS[:2]
_HITS, _REST, _LINE = COLOURS[2], "#b8bec6", "#333333"

# Cells of the panels of addresses: as fine as their size on a page lets one see.
_CELLS_ACROSS, _CELLS_UP = 220, 140
_SHADES, _HUES = 3, 4
_STEPS = 160

_STYLE: Any = {
    "font.family": "DejaVu Sans",  # Comes with Matplotlib, so that pictures are equal everywhere.
    "text.parse_math": False,  # Names come from outside: `$` in them is a `$`.
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "trace",
    "svg.fonttype": "none",
}

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class _Progress(NamedTuple):
    """Where in the trace each request stands: by its arrival or, if all arrive at once, its number.

    Attributes:
        at: Place of each request, from 0.
        end: Place of the last request, above 0.
        label: What the places count.
        unit_ps: Picoseconds a unit; `None` for numbers of requests.
    """

    at: Floats
    end: float
    label: str
    unit_ps: float | None

    def cells(self, count: int) -> Ints:
        """Returns which of `count` equal parts of the trace each request falls into."""
        cells: Ints = np.minimum(self.at / self.end * count, count - 1).astype(np.int64)
        return cells


def write_plot(workload: Workload, path: str | Path) -> None:
    """Draws a workload's trace into a file, which is replaced as a whole or not at all.

    Args:
        workload: What to draw.
        path: The picture; its ending, `.svg` or `.png`, says of what format.

    Raises:
        ArchgymError: The ending is another one, the file can't be written, or Matplotlib can't be
            imported.
    """
    path = Path(path)
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise ArchgymError(f"a picture's name ends with .svg or .png, not {path.name!r}")
    figure = draw(workload)
    import matplotlib as mpl

    partial = path.with_name(f".{path.name}.{os.getpid()}")
    # Without dates and versions, equal traces make equal files.
    blank = ("Creator", "Date", "Format", "Type") if form == "svg" else ("Software",)
    try:
        with mpl.rc_context(_STYLE), unknown_letters():
            figure.savefig(partial, format=form, dpi=100, metadata=dict.fromkeys(blank))
        partial.replace(path)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def draw(workload: Workload) -> "Figure":
    """Draws a workload's trace.

    Raises:
        MissingExtraError: Matplotlib is not installed or fails to import.
    """
    with needed_by("a picture"):
        import matplotlib as mpl
        from matplotlib.backends import backend_agg, backend_svg  # noqa: F401 - what writes it
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
        from matplotlib.patches import Patch

    with mpl.rc_context(_STYLE):
        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
        figure = Figure(figsize=(12, 6.6), layout=layout)
        (addresses, pages, bandwidth), (reuse, bank, rows) = figure.subplots(2, 3)
        progress = _progress(workload)
        _draw_addresses(addresses, workload, progress)
        _draw_pages(pages, workload, progress)
        _draw_bandwidth(bandwidth, workload, progress)
        _draw_reuse(reuse, workload)
        _draw_banks(bank, workload)
        _draw_rows(rows, workload)
        trace, device = workload.trace, workload.system.device
        figure.suptitle(
            f"{shorten(trace.name, LONGEST_LABEL)} on {shorten(device.name, LONGEST_LABEL)}: "
            f"{len(trace):,} requests, played {workload.player}",
            x=0.01,
            ha="left",
            fontsize=12,
        )
        figure.legend(
            handles=[Patch(color=READS, label="reads"), Patch(color=WRITES, label="writes")],
            loc="upper right",
            ncols=2,
            frameon=False,
        )
    return figure


def _progress(workload: Workload) -> _Progress:
    trace = workload.trace
    if trace.duration_ps == 0:
        number = np.arange(len(trace), dtype=np.float64)
        return _Progress(number, max(number[-1], 1.0), "request", None)
    name, unit_ps = "ns", 1e3
    for larger, larger_ps in (("µs", 1e6), ("ms", 1e9), ("s", 1e12)):
        if trace.duration_ps > 2 * larger_ps:
            name, unit_ps = larger, larger_ps
    at = trace.arrival_ps / unit_ps
    return _Progress(at, float(at[-1]), f"arrival ({name})", unit_ps)


def _draw_addresses(axes: "Axes", workload: Workload, progress: _Progress) -> None:
    addresses = workload.trace.address.astype(np.float64)
    unit, name = _byte_unit(float(addresses.max()))
    _draw_density(axes, workload, progress, addresses / unit)
    axes.set_title("Where: addresses")
    axes.set_ylabel(f"address ({name})")


def _draw_pages(axes: "Axes", workload: Workload, progress: _Progress) -> None:
    page = (workload.trace.address // np.uint64(PAGE_BYTES)).astype(np.int64)
    _, first, which = np.unique(page, return_index=True, return_inverse=True)
    order = np.empty_like(first)
    order[np.argsort(first)] = np.arange(first.size)
    inside = workload.trace.address % np.uint64(PAGE_BYTES)
    place = order[which] * PAGE_BYTES + inside.astype(np.int64)
    unit, name = _byte_unit(first.size * PAGE_BYTES)
    _draw_density(axes, workload, progress, place / unit)
    axes.set_title("Where: pages in order of first touch")
    axes.set_ylabel(f"touched memory ({name})")


def _draw_density(axes: "Axes", workload: Workload, progress: _Progress, height: Floats) -> None:
    """Draws requests as cells: the hue says how many write, the depth how many there are."""
    from matplotlib.colors import to_rgb

    low, high = float(height.min()), float(height.max())
    span = (high - low) or 1.0
    up = np.minimum((height - low) / span * _CELLS_UP, _CELLS_UP - 1).astype(np.int64)
    cell = up * _CELLS_ACROSS + progress.cells(_CELLS_ACROSS)
    shape = (_CELLS_UP, _CELLS_ACROSS)
    is_write = workload.trace.is_write
    cells = _CELLS_UP * _CELLS_ACROSS
    reads = np.bincount(cell[~is_write], minlength=cells).reshape(shape)
    writes = np.bincount(cell[is_write], minlength=cells).reshape(shape)

    total = reads + writes
    seen = total > 0
    depth = np.zeros(shape)
    # A few crowded cells would make all others pale.
    most = np.quantile(total[seen], 0.98)
    depth[seen] = np.minimum(0.3 + 0.7 * np.log1p(total[seen]) / np.log1p(most), 1)
    share = writes / np.maximum(total, 1)
    # In few steps, which can be told apart and keep files small.
    depth, share = np.ceil(depth * _SHADES) / _SHADES, np.round(share * _HUES) / _HUES
    hue = (1 - share)[..., None] * to_rgb(READS) + share[..., None] * to_rgb(WRITES)
    axes.imshow(
        1 - depth[..., None] * (1 - hue),
        extent=(0, progress.end, low, low + span),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )
    _label_progress(axes, progress)


def _draw_bandwidth(axes: "Axes", workload: Workload, progress: _Progress) -> None:
    trace = workload.trace
    cell = progress.cells(_STEPS)
    read_bytes, write_bytes = (
        np.bincount(cell[kind], trace.size[kind], minlength=_STEPS).astype(np.float64)
        for kind in (~trace.is_write, trace.is_write)
    )
    if progress.unit_ps is None:
        scale = 100 / np.maximum(read_bytes + write_bytes, 1)
        axes.set_title("What: reads and writes")
        axes.set_ylabel("share of the bytes (%)")
    else:
        # A byte per nanosecond is a gigabyte per second.
        scale = np.full(_STEPS, _STEPS / (progress.end * progress.unit_ps / 1000))
        axes.set_title("How much: bandwidth asked for")
        axes.set_ylabel("bandwidth (GB/s)")
    reads, total = read_bytes * scale, (read_bytes + write_bytes) * scale
    highest, peak = float(total.max()), workload.system.device.peak_bandwidth_gb_per_s
    # Beside very little, the device's peak would leave nothing to see.
    if progress.unit_ps is not None and highest > peak / 4:
        axes.axhline(peak, color=_LINE, linewidth=1, linestyle=(0, (3, 2)))
        axes.annotate(
            "device's peak", (1, peak), (0, 2), ("axes fraction", "data"), "offset points",
            ha="right", va="bottom", color=_LINE, fontsize=8,
        )  # fmt: skip
        highest = max(highest, peak)
    edges = np.linspace(0, progress.end, _STEPS + 1)
    axes.stairs(reads, edges, fill=True, color=READS)
    axes.stairs(total, edges, baseline=reads, fill=True, color=WRITES)
    axes.set_xlim(0, progress.end)
    axes.set_ylim(0, 1.08 * highest)
    _label_progress(axes, progress)
    _grid(axes)


def _draw_reuse(axes: "Axes", workload: Workload) -> None:
    shares = reuse_shares(reuse_distances(touched_lines(workload.trace)))
    percent = 100 * np.array(list(shares.values()))
    # A bar between the powers of two that bound its distances, and one for no distance behind all.
    axes.bar(np.arange(percent.size) - 0.5, percent, width=0.9, color=_LINE)
    end = max(percent.size, 16) + 1
    first = 100 - float(percent.sum())
    axes.bar([end], [first], width=0.9, color=_REST)
    axes.annotate(
        f"first\ntouch\n{first:.0f} %", (end, first), (0, 2), textcoords="offset points",
        ha="center", va="bottom", color=_LINE, fontsize=8,
    )  # fmt: skip
    ticks = range(0, int(end) - 1, 4)
    axes.set_xticks(ticks, [_lines(1 << tick) for tick in ticks])
    axes.set_xlim(-1.2, end + 1)
    axes.set_ylim(0, 1.28 * max(first, float(percent.max(initial=0))))
    axes.set_title("Again: reuse distances")
    axes.set_xlabel("other lines touched in between")
    axes.set_ylabel("share of the touches (%)")
    _grid(axes)


def _draw_banks(axes: "Axes", workload: Workload) -> None:
    count = workload.system.channels * workload.system.banks
    bank, hit = banks(workload), row_outcomes(workload) == Outcome.HIT
    hits, rest = (
        100 * np.bincount(bank[kind], minlength=count) / bank.size for kind in (hit, ~hit)
    )
    edges = np.arange(count + 1) - 0.5
    axes.stairs(hits, edges, fill=True, color=_HITS, label=f"row open ({hits.sum():.0f} %)")
    axes.stairs(
        hits + rest,
        edges,
        baseline=hits,
        fill=True,
        color=_REST,
        label=f"not ({rest.sum():.0f} %)",
    )
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.28 * float((hits + rest).max()))
    axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=2, borderaxespad=0.2)
    axes.set_title("Banks, served in order")
    axes.set_xlabel("bank (through all channels and ranks)")
    axes.set_ylabel("share of the bursts (%)")
    _grid(axes)


def _draw_rows(axes: "Axes", workload: Workload) -> None:
    banks_in_all = workload.system.channels * workload.system.banks
    row = workload.locations().row.astype(np.int64) * banks_in_all + banks(workload)
    counts = np.sort(np.unique(row, return_counts=True)[1])[::-1]
    covered = 100 * np.cumsum(counts) / row.size
    number = np.arange(1, counts.size + 1)
    # So many points show no more than their outline.
    shown = np.unique(np.geomspace(1, counts.size, 200).astype(np.int64)) - 1
    axes.plot(number[shown], covered[shown], color=_LINE, linewidth=2)
    half = int(np.searchsorted(covered, 50)) + 1
    axes.plot([half], [covered[half - 1]], "o", color=_LINE, markersize=5)
    axes.annotate(
        f"half of all bursts\nin {half:,} of {counts.size:,} rows",
        (half, float(covered[half - 1])), (-8, 4), textcoords="offset points",
        ha="right", va="bottom", fontsize=8, color=_LINE,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(1, max(counts.size, 2))
    axes.set_ylim(0, 105)
    axes.set_title("Rows, the busiest first")
    axes.set_xlabel("rows")
    axes.set_ylabel("bursts to them (%)")
    _grid(axes)


def _label_progress(axes: "Axes", progress: _Progress) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.set_xlabel(progress.label)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if progress.unit_ps is None:
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _grid(axes: "Axes") -> None:
    axes.grid(axis="y", color="#e3e6ea", linewidth=0.8)
    axes.set_axisbelow(True)


def _byte_unit(most: float) -> tuple[int, str]:
    """Returns the largest unit of which there are at least two, in bytes, and its name."""
    units = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
    return next(unit for unit in units if most >= 2 * unit[0] or unit[0] == 1)


def _lines(count: int) -> str:
    """Writes a power of two in short, e.g. 4096 as 4k."""
    for unit, name in ((2**30, "G"), (2**20, "M"), (2**10, "k")):
        if count >= unit:
            return f"{count // unit}{name}"
    return str(count)
