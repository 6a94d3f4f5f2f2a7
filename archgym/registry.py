"""Finds agents and simulators by name without importing any of them.

A built-in is a module of its package, named after what it provides; third parties add theirs
through an entry point of the same group, so adding one touches no existing file.
"""

import importlib
import inspect
import pkgutil
import traceback
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from archgym.errors import ArchgymError, MissingExtraError, unknown

# Optional dependency (as imported) -> the extra that installs it.
EXTRAS = {
    "scipy": "search",
    "skopt": "search",
    "sklearn": "search",
    "optuna": "search",
    "cmaes": "search",
    "stable_baselines3": "rl",
    "torch": "rl",
    "tensorboard": "rl",
    "pettingzoo": "marl",
    "ray": "marl",
    "lightgbm": "proxy",
    "onnx": "proxy",
    "onnxruntime": "proxy",
    "threadpoolctl": "proxy",
    "minari": "minari",
    "h5py": "minari",
    "matplotlib": "report",
    "jinja2": "report",
}


def missing_extra(error: ModuleNotFoundError, what: str) -> Exception:
    """Turns the import error of an optional dependency into one sentence naming its extra."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return error
    return MissingExtraError(
        f"{what} needs {package}, which is not installed; "
        f"run: pip install 'archgym[{EXTRAS[package]}]'"
    )


def _broken_import(error: BaseException, what: str) -> ArchgymError:
    """Turns whatever an import ended with into one sentence, naming the package that fails."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__")) for frame in frames]
    # The innermost one, since optional packages import each other.
    packages = [name for name in (module.partition(".")[0] for module in modules) if name in EXTRAS]
    reason = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    if packages:
        return ArchgymError(f"{what} needs {packages[-1]}, which fails to import: {reason}")
    return ArchgymError(f"{what} fails to import: {reason}")


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
            MissingExtraError: It needs an extra that is not installed.
            ArchgymError: `name` is not known, or it or a package that it needs fails to import, in
                whatever way.
        """
        third_party = self._third_party()
        try:
            if name in self._built_in():
                return self._class_in(f"{self.package}.{name}")
            if name in third_party:
                loaded: type[T] = third_party[name].load()
                return loaded
        except (ArchgymError, MemoryError):
            raise
        # A broken package may even end the process. Only a request to stop passes.
        except (Exception, SystemExit) as error:
            what = f"{self.kind} {name!r}"
            if isinstance(error, ModuleNotFoundError):
                missing = missing_extra(error, what)
                if missing is not error:
                    raise missing from error
            raise _broken_import(error, what) from error
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
