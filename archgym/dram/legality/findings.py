"""Collects violations."""

import numpy as np

from archgym.dram.legality.trace import Ints, Trace
from archgym.dram.legality.violation import Violation


class Findings:
    """The violations found in a trace so far.

    Attributes:
        violations: In no particular order.
    """

    def __init__(self, trace: Trace) -> None:
        self.violations: list[Violation] = []
        self._time_ps = trace.time_ps

    def add(
        self, rule: str, index: Ints, earlier: Ints | None = None, missing: Ints | None = None
    ) -> None:
        """Adds violations of one rule.

        Args:
            rule: Its name.
            index: Positions of the offending commands in the trace.
            earlier: Positions of the commands that they are too close to.
            missing: How many cycles too early they are.
        """
        if earlier is None:
            earlier = np.full(len(index), -1)
        if missing is None:
            missing = np.zeros(len(index), np.int64)
        columns = (index, earlier, self._time_ps[index], missing)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self.violations += [Violation(rule, *row) for row in rows]
