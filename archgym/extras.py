"""Optional dependencies: what installs them, and what is said where one can't be imported."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from archgym.errors import ArchgymError, MissingExtraError

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


@contextmanager
def needed_by(what: str, extra: str | None = None) -> Iterator[None]:
    """Turns whatever the imports in its block end with into one sentence.

    Args:
        what: What needs them, as a subject: `"the report"`.
        extra: The extra that is best for it, where several install the same.

    Raises:
        MissingExtraError: An optional dependency is not installed, or fails to import in whatever
            way: some of its files or dependencies are missing or of another version.
    """
    try:
        yield
    except (ArchgymError, MemoryError):
        raise
    # A broken package may even end the process. Only a request to stop passes.
    except (Exception, SystemExit) as error:
        raise unusable(error, what, extra) from error


def unusable(error: BaseException, what: str, extra: str | None = None) -> MissingExtraError:
    """Builds the error for an import that ended with `error`, naming the package that failed.

    Args:
        error: What the import ended with.
        what: What needs the package, as a subject.
        extra: The extra that is best for it, where several install the same.
    """
    name = error.name if isinstance(error, ImportError) else None
    if isinstance(error, ModuleNotFoundError) and name in EXTRAS:
        return MissingExtraError(
            f"{what} needs {name}, which is not installed; "
            f"run: pip install 'archgym[{extra or EXTRAS[name]}]'"
        )
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [*(str(frame.f_globals.get("__name__")) for frame in frames), name or ""]
    # The innermost one, since optional packages import each other.
    packages = [package for module in modules if (package := module.partition(".")[0]) in EXTRAS]
    reason = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    needs = f" needs {packages[-1]}, which" if packages else ""
    return MissingExtraError(f"{what}{needs} fails to import: {reason}")
