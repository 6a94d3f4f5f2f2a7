"""The clock in which a trace counts: from its cycles to picoseconds and back."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

SLOWEST_MHZ, FASTEST_MHZ = 1e-3, 1e6
"""From a millisecond to a picosecond per cycle, which is what arrivals are told apart by."""

MHZ = "a number from 0.001 to 1e6"
"""What a frequency must be, for error messages."""

# So that every product below fits into 64 bits. A period that is no such fraction is taken for one
# that is less than 1e-9 ps away.
_MAX_DENOMINATOR = 10**9

# So that what is computed on the way takes little memory.
_AT_ONCE = 2**16

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TraceClock:
    """Converts cycles of any clock, each by itself, so that roundings never add up.

    Attributes:
        period_ps: Picoseconds per cycle, 1 or more, not necessarily a whole number of them.

    Example:
        >>> import numpy as np
        >>> TraceClock.of_mhz(3000.0).arrival_ps(np.array([1, 2, 3, 3000]))
        array([    333,     667,    1000, 1000000])
    """

    period_ps: Fraction

    @classmethod
    def of_mhz(cls, mhz: float) -> "TraceClock":
        """Returns the clock of a frequency between the slowest and the fastest."""
        # Of the number as it is written: 0.1 is a tenth.
        period = 10**6 / Fraction(repr(float(mhz)))
        return cls(period.limit_denominator(_MAX_DENOMINATOR))

    def arrival_ps(self, cycles: Ints, out: Ints | None = None) -> Ints:
        """Returns when cycles begin, rounded to the nearest picosecond, halves to the even one.

        Args:
            cycles: 0 or more; `fits` says whether they are not too late.
            out: Where to put the result, which may be `cycles`; by default an array of its own.
        """
        parts = self.period_ps.denominator
        whole, rest = divmod(self.period_ps.numerator, parts)
        if parts == 1:
            return np.multiply(cycles, whole, out=out)
        out = np.empty_like(cycles) if out is None else out
        for start in range(0, cycles.size, _AT_ONCE):
            some = cycles[start : start + _AT_ONCE]
            groups, inside = np.divmod(some, parts)
            halves_up, above = np.divmod(2 * inside * rest + parts, 2 * parts)
            begin = some * whole + groups * rest + halves_up
            out[start : start + _AT_ONCE] = begin - ((above == 0) & (begin % 2 == 1))
        return out

    def cycles(self, arrival_ps: Ints) -> Ints:
        """Returns the last cycle that has begun by then; the inverse of `arrival_ps`."""
        parts, period = self.period_ps.denominator, self.period_ps.numerator
        if parts == 1:
            return arrival_ps // period
        # Whole numbers of any size, one by one, as files are written too.
        begun = [(2 * time + 1) * parts // (2 * period) for time in arrival_ps.tolist()]
        cycles = np.array(begun, np.int64)
        return cycles - (self.arrival_ps(cycles) > arrival_ps)

    def fits(self, cycle: int) -> bool:
        """Tells whether the beginning of a cycle can be told in 64 bits of picoseconds."""
        return cycle * self.period_ps < 2**63 - 1


def is_clock(mhz: Any) -> bool:
    """Tells whether something is the frequency, in MHz, of a clock that a trace can count in."""
    is_number = isinstance(mhz, int | float) and not isinstance(mhz, bool)
    return is_number and SLOWEST_MHZ <= mhz <= FASTEST_MHZ
