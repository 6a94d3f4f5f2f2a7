"""Files of what an agent has learnt: tensors and plain values, of which nothing can run."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from archgym import atomic
from archgym.agents.base import Agent
from archgym.errors import ArchgymError


def save(path: str | Path, agent: Agent, learnt: Mapping[str, Any]) -> None:
    """Writes what an agent has learnt, and where its random numbers are, all at once.

    Raises:
        ArchgymError: The file can't be written.
    """
    state = {
        "agent": type(agent).__name__,
        "hyperparameters": dataclasses.asdict(agent.hyperparameters),
        "allowed": _allowed(agent),
        "rng": agent.rng.bit_generator.state,
        "learnt": dict(learnt),
    }
    path = Path(path)
    try:
        with atomic.output(path) as temporary:
            torch.save(state, temporary)
    except (OSError, RuntimeError) as error:
        raise ArchgymError(f"can't write {path}: {error}") from error


@contextmanager
def loading(path: str | Path, agent: Agent) -> Iterator[dict[str, Any]]:
    """Reads what an agent of the same settings and space has learnt, to be taken over.

    The random numbers go on from where they were, once it has been.

    Raises:
        ArchgymError: The file can't be read, or is not of such an agent.
    """
    try:
        # Weights only: a file from elsewhere can't run anything.
        state = torch.load(path, weights_only=True)
        if state["agent"] != type(agent).__name__:
            raise ArchgymError(f"{path} is of an agent {state['agent']}")
        if state["hyperparameters"] != dataclasses.asdict(agent.hyperparameters):
            raise ArchgymError(f"{path} is of an agent with other hyperparameters")
        if state["allowed"] != _allowed(agent):
            raise ArchgymError(f"{path} is of an agent in another space than {agent.space.name}")
        yield state["learnt"]
        agent.rng.bit_generator.state = state["rng"]
    except ArchgymError:
        raise
    # PyTorch takes offence at a foreign file in many ways.
    except (
        OSError, EOFError, RuntimeError, UnpicklingError, KeyError, TypeError, ValueError
    ) as error:  # fmt: skip
        raise ArchgymError(f"{path} is not a saved agent: {error}") from error


def _allowed(agent: Agent) -> dict[str, list[bool]]:
    """Returns the parameters, and which of their values are not ruled out."""
    return {name: agent.space.allowed(name).tolist() for name in agent.space.parameters}
