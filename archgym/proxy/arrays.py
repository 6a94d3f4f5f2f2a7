"""Arrays that a model is read from, which are not trusted to be what they should."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from archgym.errors import ArchgymError

Arrays = Mapping[str, NDArray[Any]]


def array(arrays: Arrays, name: str, dtype: DTypeLike, shape: Sequence[int | None]) -> NDArray[Any]:
    """Returns an array of a type and shape.

    Args:
        arrays: All arrays by name.
        name: That of the array.
        dtype: What its numbers are.
        shape: Its lengths; `None` for any.

    Raises:
        ArchgymError: There is none, or it is of another type or shape.
    """
    if name not in arrays:
        raise ArchgymError(f"array {name} of its model is missing")
    found = arrays[name]
    fits = len(found.shape) == len(shape) and all(
        wanted in (None, length) for length, wanted in zip(found.shape, shape, strict=True)
    )
    if found.dtype != np.dtype(dtype) or not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise ArchgymError(
            f"array {name} of its model is {found.dtype} of shape {found.shape}, "
            f"not {np.dtype(dtype)} of shape ({wanted})"
        )
    return found
