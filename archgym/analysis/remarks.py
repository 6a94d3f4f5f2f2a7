"""What a reader has to know about a comparison and would not see in its numbers."""

from collections.abc import Mapping
from typing import Any

from archgym.domain import Domain
from archgym.space import DesignSpace


def remark(row: Mapping[Any, Any], domain: Domain) -> str:
    """Returns what the domain has to say of a design, or nothing.

    Args:
        row: Of an evaluation log.
        domain: The domain.
    """
    return domain.remark(_named("param.", row), _named("metric.", row))


def _named(prefix: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name).removeprefix(prefix): value
        for name, value in row.items()
        if str(name).startswith(prefix)
    }


def default_design(space: DesignSpace, domain: Domain) -> str:
    """Returns a sentence on the design that a space compares with.

    It names what is not as in the hardware's own default design.
    """
    design = ", ".join(
        f"{name}={value}"
        for name, value in space.default.items()
        if space.is_active(name, space.default)
    )
    own = [
        f"{name}={domain.own_defaults[name]}"
        for name, value in space.default.items()
        if domain.own_defaults.get(name, value) != value
    ]
    differs = f"; the hardware's own has {', '.join(own)}" if own else ""
    return f"default: space {space.name}'s default design {{{design}}}{differs}"
