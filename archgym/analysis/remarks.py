"""What a reader has to know about a comparison and would not see in its numbers."""

from collections.abc import Mapping
from typing import Any

from archgym.dram.controller import PARAMETERS
from archgym.space import DesignSpace

# Within 128 refresh intervals, a controller that postpones eight refreshes, as many as standards
# allow, owes at most this share of those that are due: too little to win by.
_SETTLED = 8 / 128


def owed(row: Mapping[Any, Any]) -> str:
    """Returns a remark on a design that owes refreshes at the end of its run, or nothing.

    Args:
        row: Of an evaluation log.
    """
    left = row.get("metric.refreshes_owed", 0.0)
    if not left > 0:
        return ""
    issued = [
        value
        for name, value in row.items()
        if str(name).startswith("metric.commands_ref") and value > 0
    ]
    due = left + sum(issued)
    text = f"owes {left:,.0f} of {due:,.0f} refreshes"
    if row.get("param.RefreshPolicy") == "NoRefresh":
        return f"{text}: never refreshes, so the DRAM loses its data"
    return f"{text}: too short to judge postponing" if left > _SETTLED * due else text


def default_design(space: DesignSpace) -> str:
    """Returns a sentence on the design that a space compares with.

    It names what is not as in the controller's own default design.
    """
    design = ", ".join(
        f"{name}={value}"
        for name, value in space.default.items()
        if space.is_active(name, space.default)
    )
    own = [
        f"{name}={PARAMETERS[name].default}"
        for name, value in space.default.items()
        if name in PARAMETERS and PARAMETERS[name].default != value
    ]
    differs = f"; the controller's own has {', '.join(own)}" if own else ""
    return f"default: space {space.name}'s default design {{{design}}}{differs}"
