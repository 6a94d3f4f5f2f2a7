"""The page of one workload and its picture."""

import io
import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from archgym.dram.metrics import METRICS
from archgym.dram.trace_plot import write_plot
from archgym.dram.trace_statistics import STATISTICS, TraceStatistics
from archgym.dram.workload import Workload
from experiments.workloads.markdown import number, table

# Pages are cloned by everyone; so large may a picture be, in bytes.
_LARGEST_PICTURE = 60_000

# No access takes so long by itself: requests wait for many others.
_PILED_UP_NS = 1000

_METRICS = (
    "runtime_ns",
    "latency_ns",
    "latency_p99_ns",
    "latency_max_ns",
    "bandwidth_gb_per_s",
    "energy_nj",
    "power_mw",
    "row_hits",
    "row_misses",
    "row_conflicts",
)


_PILED_UP = """
At times it asks for more than the device delivers. Played open, requests then pile up, and the
latency says for how long more than how a design fares: compare runtimes, or play it closed.
"""


def page(
    workload: Workload,
    entry: Mapping[str, Any],
    found: TraceStatistics,
    metrics: Mapping[str, float],
) -> str:
    """Returns the page of a workload.

    Args:
        workload: The workload.
        entry: What the manifest says of it.
        found: What its trace is like.
        metrics: What the default design makes of it.
    """
    name, device = workload.trace.name, workload.system.device.name
    statistics = table(
        ("statistic", "value>", "unit", ""),
        (
            (f"`{key}`", number(value), STATISTICS[key].unit, STATISTICS[key].description)
            for key, value in found.values.items()
        ),
    )
    made = table(("", ""), ((f"`{key}`", value) for key, value in _facts(entry)))
    default = table(
        ("metric", "value>", "unit", ""),
        (
            (f"`{key}`", number(metrics[key]), METRICS[key].unit, METRICS[key].description)
            for key in _METRICS
        ),
    )
    piled_up = _PILED_UP if metrics["latency_ns"] > _PILED_UP_NS else ""
    return f"""# {name}

{entry["description"]}.

![Addresses, bandwidth, reuse distances, banks and rows of {name}]({name}.png)

*Cells of the first two panels that are deeper in colour hold more requests. How much the bandwidth
asked for can vary within a step of the third is below: `bandwidth_peak_gb_per_s`.*

## What it is like

On `{device}`, from `archgym trace info {name}`, which also has the strides, all reuse distances and
the [features](README.md#features).

{statistics}
## The default design on it

On `{device}`, played {workload.player}, from `archgym simulate --trace {name}`.

{default}{piled_up}
## How it was made

{made}"""


def write_picture(workload: Workload, path: Path) -> None:
    """Draws the picture of a workload with as many colours as its size allows."""
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.png"
        write_plot(workload, full)
        picture = np.asarray(Image.open(full).convert("RGB"))
    for colours in (64, 48, 32):
        content = io.BytesIO()
        _reduced(picture, colours).save(content, format="png", optimize=True)
        if content.tell() <= _LARGEST_PICTURE:
            break
    path.write_bytes(content.getvalue())


def _reduced(picture: npt.NDArray[np.uint8], colours: int) -> Image.Image:
    """Keeps the most frequent colours as they are and gives others the nearest of them."""
    # A number for each colour, since sorting numbers is many times faster than sorting triples.
    packed = picture.astype(np.uint32) @ np.array([2**16, 2**8, 1], dtype=np.uint32)
    numbers, which, counts = np.unique(packed, return_inverse=True, return_counts=True)
    every = np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1).astype(np.uint8)
    kept = every[np.argsort(-counts, kind="stable")[:colours]]
    distances = np.abs(every[:, None].astype(int) - kept[None].astype(int)).sum(axis=2)
    indices = distances.argmin(axis=1).astype(np.uint8)[which.ravel()]
    reduced = Image.fromarray(indices.reshape(picture.shape[:2]))
    reduced.putpalette(kept.tobytes())
    return reduced


def _facts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields what an entry of the manifest holds, with the path of keys to it."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if (path, key) != ("", "description"):
                yield from _facts(part, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list) and value and path.endswith("command"):
        yield path, f"`{_cell(shlex.join(value))}`"
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _facts(part, f"{path}.{index}" if len(value) > 1 else path)
    elif isinstance(value, str) and path.endswith("command"):
        yield path, f"`{_cell(value)}`"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, f"{value:,}"
    elif value is not None:
        yield path, _cell(value if isinstance(value, str) else json.dumps(value))


def _cell(text: str) -> str:
    # A bar or a line's end would end the cell.
    return " ".join(text.replace("|", "\\|").split())
