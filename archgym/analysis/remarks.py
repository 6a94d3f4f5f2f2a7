"""What a reader has to know about a comparison and would not see in its numbers."""

from collections.abc import Mapping
from typing import Any

from archgym.dram.controller import PARAMETERS
from archgym.dram.metrics import refreshes_left_out
from archgym.space import DesignSpace


def owed(row: Mapping[Any, Any]) -> str:
    """Returns a remark on a design that owes refreshes at the end of its run, or nothing.

    Args:
        row: Of an evaluation log.
    """
    left_out = refreshes_left_out(
        {
            name.removeprefix("metric."): value
            for name, value in row.items()
            if str(name).startswith("metric.")
        }
    )
    if left_out and row.get("param.RefreshPolicy") == "NoRefresh":
        refreshes, _, _ = left_out.partition(":")
        return f"{refreshes}: never refreshes, so the DRAM loses its data"
    return left_out or ""


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
