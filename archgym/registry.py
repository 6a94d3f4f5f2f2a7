"""Finds agents and simulators by name without importing any of them.

A built-in is a module of its package, named after what it provides; third parties add theirs
through an entry point of the same group, so adding one touches no existing file.
"""

import importlib
import inspect
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from archgym.errors import unknown
from archgym.extras import needed_by

T = TypeVar("T")


class Registry(Generic[T]):
    """Implementations of one base class, by name.

    Args:
        kind: What an entry is called in error messages, e.g. `"agent"`.
        package: The package whose public modules are the built-ins; `base` is not one.
        base: The class every implementation derives from.
    """

    def __init__(self, kind: str, package: str, base: type[T]) -> None:
        self.kind = kind
        self.package = package
        self.base = base

    def names(self) -> list[str]:
        """Returns every known name, sorted."""
        return sorted({*self._built_in(), *self._third_party()})

    def load(self, name: str) -> type[T]:
        """Imports and returns the implementation called `name`.

        Raises:
            MissingExtraError: It or a package that it needs is not installed or fails to import, in
                whatever way.
            ArchgymError: `name` is not known.
        """
        third_party = self._third_party()
        with needed_by(f"{self.kind} {name!r}"):
            if name in self._built_in():
                return self._class_in(f"{self.package}.{name}")
            if name in third_party:
                loaded: type[T] = third_party[name].load()
                return loaded
        raise unknown(self.kind, name, self.names())

    def _built_in(self) -> list[str]:
        path = importlib.import_module(self.package).__path__
        names = (module.name for module in pkgutil.iter_modules(path))
        return [name for name in names if name != "base" and not name.startswith("_")]

    def _third_party(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.package)}

    def _class_in(self, module_name: str) -> type[T]:
        module = importlib.import_module(module_name)
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and issubclass(value, self.base)
                and (value.__module__.startswith(module_name))
            ):
                return value
        raise TypeError(f"module {module_name} defines no {self.base.__name__}")
