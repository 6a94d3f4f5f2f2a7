"""What a simulator can measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: Its name, which ends with its unit unless it is a count.
        unit: E.g. `ns`, `nJ`, `mW`, `GB/s`, or empty for a count.
        description: What it measures.
        lower_is_better: Whether less of it is better; `None` where neither is.
    """

    name: str
    unit: str
    description: str
    lower_is_better: bool | None = True
