"""Hyperparameters of which a study gives several values: a grid, or a random sample of ranges.

```toml
[agents.genetic_algorithm]          # 6 agents: each combination of the lists
population = [8, 16, 32]
mutations = [0.5, 2.0]

[agents.ppo]                        # 20 agents, drawn at random
learning_rate = { low = 1e-5, high = 1e-2, log = true }
gamma = { low = 0.9, high = 1.0 }
samples = 20
```

With both, each combination of the lists is sampled. Every value is part of the label of its agent,
as in `genetic_algorithm(population=8, mutations=0.5)`.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from archgym.errors import ArchgymError, unknown

MOST_AGENTS = 10_000
"""The most agents that one table stands for."""

# How often a sample that was drawn before is drawn again.
_REDRAWS = 100


@dataclass(frozen=True)
class Range:
    """A range that values of a hyperparameter are drawn from; whole numbers if both ends are.

    Attributes:
        low: The least value.
        high: The largest value, included.
        log: Whether the logarithm is uniform, and not the value itself.
    """

    low: float
    high: float
    log: bool = False

    @classmethod
    def of(cls, name: str, document: Mapping[str, Any]) -> "Range":
        """Reads the range of a hyperparameter.

        Raises:
            ArchgymError: It is none.
        """
        for key in document:
            if key not in ("low", "high", "log"):
                raise unknown(f"key of {name}", key, ["low", "high", "log"])
        low, high, log = document.get("low"), document.get("high"), document.get("log", False)
        if not (_is_number(low) and _is_number(high) and isinstance(log, bool)):
            raise ArchgymError(
                f"{name} is a table, so it has to be a range like {{ low = 1, high = 8 }}, perhaps "
                f"with log = true, not {dict(document)}"
            )
        if not low < high or (log and low <= 0):  # type: ignore[operator]
            least = "0 < low < high" if log else "low < high"
            raise ArchgymError(
                f"the range of {name} needs {least}, not low = {low} and high = {high}"
            )
        return cls(low, high, log)  # type: ignore[arg-type]

    def draw(self, rng: np.random.Generator) -> float:
        """Draws a value, a number of six digits unless it is whole."""
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        if self.log:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        elif whole:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        else:
            value = float(rng.uniform(self.low, self.high))
        value = round(value) if whole else float(f"{value:.6g}")
        return min(max(value, self.low), self.high)


def expand(
    label: str, settings: Mapping[str, Any], samples: int | None, seed: int
) -> list[tuple[str, dict[str, Any]]]:
    """Returns the agents that the table of one stands for.

    Args:
        label: That of the table.
        settings: Its hyperparameters, with a list for several values, and a table for a range.
        samples: How often to draw values of the ranges.
        seed: Equal seeds draw equal values.

    Returns:
        The label and the hyperparameters of each agent. Without lists and ranges, there is one, and
        it is called as the table.

    Raises:
        ArchgymError: A list is empty or has a value twice, a range is none, `samples` is missing or
            means nothing, or there are too many agents.
    """
    lists: dict[str, list[Any]] = {}
    ranges: dict[str, Range] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            ranges[name] = Range.of(name, value)
        elif isinstance(value, (list, tuple)):
            lists[name] = _values(name, value)
    if ranges and samples is None:
        raise ArchgymError(
            f"{next(iter(ranges))} is a range, so the table needs samples, the number of draws"
        )
    if samples is not None and not ranges:
        raise ArchgymError(
            "samples are drawn from ranges like { low = 1, high = 8 }, and there is none"
        )
    count = math.prod(map(len, lists.values())) * (samples or 1)
    if count > MOST_AGENTS:
        raise ArchgymError(f"{count:,} agents are too many, at most {MOST_AGENTS:,} are possible")
    rng = np.random.default_rng([seed, zlib.crc32(label.encode())])
    agents: dict[str, dict[str, Any]] = {}
    for values in product(*lists.values()):
        given = dict(zip(lists, values, strict=True))
        for _ in range(samples or 1):
            varied = _draw(settings, given, ranges, rng)
            name = _label(label, varied)
            for _ in range(_REDRAWS):
                if name not in agents:
                    break
                varied = _draw(settings, given, ranges, rng)
                name = _label(label, varied)
            else:
                raise ArchgymError(f"the ranges hardly have {samples:,} values that differ")
            agents[name] = {**settings, **varied}
    return list(agents.items())


def _draw(
    settings: Mapping[str, Any],
    given: Mapping[str, Any],
    ranges: Mapping[str, Range],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Returns the values of what varies, in the order of the table."""
    varied = {**given, **{name: each.draw(rng) for name, each in ranges.items()}}
    return {name: varied[name] for name in settings if name in varied}


def _label(label: str, varied: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name}={value}" for name, value in varied.items())
    return f"{label}({values})" if values else label


def _values(name: str, values: list[Any] | tuple[Any, ...]) -> list[Any]:
    if not values:
        raise ArchgymError(f"{name} has an empty list of values")
    for number, value in enumerate(values):
        if isinstance(value, (list, tuple, Mapping)):
            raise ArchgymError(f"{name} lists {value}, which is neither a number nor a text")
        if value in values[:number]:
            raise ArchgymError(f"{name} lists {value} twice")
    return list(values)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
