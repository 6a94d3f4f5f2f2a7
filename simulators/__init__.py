"""Simulators that turn a design and a workload into metrics, one backend a module."""

from typing import Any

from archgym.errors import SimulationError
from archgym.registry import Registry
from archgym.simulators.base import Failure, Metrics, Outcome, Simulator
from archgym.space import Design

registry = Registry("simulator", __name__, Simulator)  # type: ignore[type-abstract]


def make(name: str, **options: object) -> Simulator:
    """Creates the simulator called `name`, e.g. `"native"`.

    Raises:
        ArchgymError: The name is not known or its optional dependency is missing.
    """
    return registry.load(name)(**options)


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
