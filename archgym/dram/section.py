"""Objects of a device file, whose look-ups name the file and the full key on error."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from archgym.errors import ArchgymError, unknown


class Section:
    """One object of a device file.

    Args:
        data: What the file holds at this place.
        where: The file, named in error messages.
        prefix: The keys that lead to this object, each followed by a dot.

    Raises:
        ArchgymError: It is no object.
    """

    def __init__(self, data: Any, where: str, prefix: str = "") -> None:
        if not isinstance(data, dict):
            raise ArchgymError(f"{where}: {prefix.rstrip('.') or 'a device'} must be an object")
        self.data: dict[str, Any] = data
        self.where = where
        self.prefix = prefix

    def wrong(self, key: str, expected: str) -> ArchgymError:
        """Builds the error for a value that is not as expected."""
        value = json.dumps(self.data.get(key))
        return ArchgymError(f"{self.where}: {self.prefix}{key} must be {expected}, is {value}")

    def require(self, keys: Iterable[str]) -> None:
        """Checks that there are keys.

        Raises:
            ArchgymError: One is missing.
        """
        for key in keys:
            if key not in self.data:
                raise ArchgymError(f"{self.where}: {self.prefix}{key} is missing")

    def allow(self, keys: Iterable[str]) -> None:
        """Checks that there are no keys but these.

        Raises:
            ArchgymError: There is one that would go unread.
        """
        known = set(keys)
        for key in self.data:
            if key not in known:
                place = f"key in {self.prefix.rstrip('.')}" if self.prefix else "key"
                raise ArchgymError(f"{self.where}: {unknown(place, key, known)}")

    def section(self, key: str, optional: bool = False) -> "Section":
        """Returns the object at a key; an empty one if it is optional and missing."""
        if not optional:
            self.require([key])
        return Section(self.data.get(key, {}), self.where, f"{self.prefix}{key}.")

    def text(self, key: str) -> str:
        """Returns the text at a key."""
        self.require([key])
        value = self.data[key]
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str, positive: bool = False) -> float:
        """Returns the finite number at a key, which is not negative."""
        self.require([key])
        value = self.data[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= sys.float_info.max or (positive and value == 0):
            raise self.wrong(key, "a positive number" if positive else "a number, 0 or more")
        return float(value)

    def integer(self, key: str) -> int:
        """Returns the whole number at a key, which is not negative."""
        value = self.number(key)
        if value != int(value):
            raise self.wrong(key, "a whole number")
        return int(value)
