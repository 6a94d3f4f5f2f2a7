"""What the checker reports."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A command that breaks a rule.

    Attributes:
        rule: The rule, named after JEDEC's parameter where it has one, e.g. `tRCD`.
        index: Position of the offending command in the trace.
        earlier: Position of the command it is too close to, or -1.
        time_ps: When the offending command is issued.
        missing_cycles: How many clock cycles too early; 0 for rules that are not about distance.
    """

    rule: str
    index: int
    earlier: int
    time_ps: int
    missing_cycles: int = 0
