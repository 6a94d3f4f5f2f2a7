"""Simulators that turn a design and a workload into metrics, one backend per module."""

from typing import Any

from archgym.errors import ArchgymError, SimulationError
from archgym.parameter import Design
from archgym.registry import Registry
from archgym.simulator import Failure, Metrics, Outcome, Simulator

registry = Registry("simulator", __name__, Simulator)  # type: ignore[type-abstract]


def make(name: str, **options: object) -> Simulator:
    """Creates the simulator called `name`, e.g. `"native"` or `"tabular:tables/stream"`.

    Args:
        name: Its name; where it needs an argument (see `Simulator`), a colon and that argument.
        options: Its options.

    Raises:
        ArchgymError: The name is not known, its optional dependency is missing, or its argument is
            missing, not wanted or not right.
    """
    name, _, argument = name.partition(":")
    kind = registry.load(name)
    if (kind.argument is None) != (not argument):
        wanted = f"{name}:{kind.argument}" if kind.argument else name
        given = f"{name}:{argument}" if argument else name
        raise ArchgymError(f"simulator {name} is selected as {wanted}, not {given}")
    arguments: list[Any] = [argument] if argument else []
    return kind(*arguments, **options)


def simulate(design: Design, workload: Any, simulator: str | Simulator = "native") -> Metrics:
    """Runs one design on one workload.

    Args:
        design: Values of any controller parameters; the rest take their defaults.
        workload: What to play, e.g. `archgym.Workload.from_file("app.stl")`.
        simulator: A simulator or its name.

    Returns:
        The metrics by name, each with its unit in the name.

    Raises:
        SimulationError: The simulator can't run this design on this workload.
    """
    backend = make(simulator) if isinstance(simulator, str) else simulator
    (outcome,) = backend.evaluate([design], workload)
    if isinstance(outcome, Failure):
        raise SimulationError(outcome.reason)
    return outcome


__all__ = ["Design", "Failure", "Metrics", "Outcome", "Simulator", "make", "registry", "simulate"]
