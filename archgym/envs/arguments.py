"""What all environments take and refuse alike."""

from collections.abc import Mapping
from typing import Any

from archgym.errors import ArchgymError


def check_render_mode(render_mode: str | None) -> None:
    """Refuses any way of rendering.

    Raises:
        ArchgymError: There is one.
    """
    if render_mode is not None:
        raise ArchgymError(f"nothing is rendered: render_mode is None, not {render_mode!r}")


def check_options(options: Mapping[str, Any] | None, *known: str) -> None:
    """Refuses options of a reset.

    Args:
        options: As given.
        known: Those that may be there.

    Raises:
        ArchgymError: There is another one.
    """
    for name in options or {}:
        if name not in known:
            raise ArchgymError(f"reset takes no options, there is no {name!r}")
