"""Imports the trajectories of ArchGym (Krishnan et al., ISCA 2023), their units put right.

Its CSV files have ten parameters, then `Energy` (mJ), `Power` (W), `Latency` and `Algorithm`. The
latency, which is the run's total time, is printed by DRAMSys in a unit that varies from run to run
and that ArchGym ignores: here it is in seconds, there in milliseconds. Energy = power x time tells
which; a row that fits neither is refused.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archgym.datasets.collection import Dataset
from archgym.documents import check_kind
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.evaluation_log import SCHEMA_VERSION
from archgym.space_document import to_document

if TYPE_CHECKING:
    import pandas as pd

SPACE = "archgym"
TOLERANCE = 0.01
"""By how much energy may differ from power x time; the figures have four digits and more."""

# By power of ten of energy / (power x latency): the unit of the latency, in ns.
_UNITS = {0: 1e6, 3: 1e9}


def import_archgym(path: str | Path, workload: str = "unknown") -> tuple[Dataset, dict[str, int]]:
    """Reads a trajectory file.

    Args:
        path: The CSV file.
        workload: What was run; the files do not say.

    Returns:
        The dataset, and in how many rows the latency was in which unit.

    Raises:
        ArchgymError: The file is not a trajectory, or a row contradicts itself; the message names
            the line.
    """
    import pandas as pd

    try:
        check_kind(path)
        frame = pd.read_csv(path)
    except ArchgymError:
        raise
    except OSError as error:
        raise ArchgymError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise ArchgymError(f"{path} is not a CSV file: {error}") from error
    space = make_space(SPACE, allow_data_loss=True)
    for name in (*space.parameters, "Energy", "Power", "Latency"):
        if name not in frame:
            raise ArchgymError(f"{path}:1: column {name} is missing, so it is not of ArchGym")
    if not len(frame):
        raise ArchgymError(f"{path} holds no evaluations")
    for name, parameter in space.parameters.items():
        for row, value in enumerate(frame[name]):
            try:
                parameter.index(value)
            except ArchgymError as error:
                raise ArchgymError(f"{path}:{row + 2}: {error}") from error
    unit = _units(frame, path)
    columns: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "trial": Path(path).stem,
        "step": np.arange(len(frame)),
        "agent": frame.get("Algorithm", "unknown"),
        "space": space.name,
        "workload": workload,
        "simulator": "dramsys",
        "simulator_version": "4.0 (ArchGym)",
    }
    columns |= {f"param.{name}": frame[name] for name in space.parameters}
    columns |= {
        "metric.energy_nj": frame["Energy"] * 1e6,
        "metric.power_mw": frame["Power"] * 1e3,
        "metric.runtime_ns": frame["Latency"] * unit,
        "feasible": True,
        "failure": None,
    }
    found = pd.DataFrame(columns)
    counts = {"ms": int((unit == 1e6).sum()), "s": int((unit == 1e9).sum())}
    source = (
        f"{Path(path).name} of ArchGym, latency in ms in {counts['ms']} rows, in s in the others"
    )
    return Dataset(found, {space.name: to_document(space)}, {}, (source,)), counts


def _units(frame: "pd.DataFrame", path: str | Path) -> "np.ndarray[Any, Any]":
    """Returns the unit of each row's latency, in ns."""
    for name in ("Energy", "Power", "Latency"):
        wrong = ~(frame[name].to_numpy(np.float64, na_value=np.nan) > 0)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ArchgymError(f"{path}:{row + 2}: {name} is {frame[name][row]}, not above 0")
    ratio = (frame["Energy"] / (frame["Power"] * frame["Latency"])).to_numpy()
    unit = np.zeros(len(frame))
    for power, nanoseconds in _UNITS.items():
        unit[np.abs(ratio / 10**power - 1) <= TOLERANCE] = nanoseconds
    if not unit.all():
        row = int(np.argmin(unit))
        raise ArchgymError(
            f"{path}:{row + 2}: energy is {ratio[row]:.4g} times power x latency, which fits "
            "neither seconds (1000) nor milliseconds (1)"
        )
    return unit
