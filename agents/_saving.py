"""Files of what an agent has learnt: arrays and plain values, of which nothing can run."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archgym import bundle, digest
from archgym.agents._state import Arrays, from_document, to_document
from archgym.agents.base import Agent
from archgym.errors import ArchgymError

_DOCUMENT = "agent.json"


def save(path: str | Path, agent: Agent, learnt: Mapping[str, Any]) -> None:
    """Writes what an agent has learnt, and where its random numbers are, all at once.

    Raises:
        ArchgymError: The file can't be written.
    """
    arrays: Arrays = {}
    document = {
        "format": "archgym agent",
        "agent": type(agent).__name__,
        "hyperparameters": dataclasses.asdict(agent.hyperparameters),
        "allowed": _allowed(agent),
        "rng": agent.rng.bit_generator.state,
        "learnt": to_document(dict(learnt), arrays),
    }
    parts = {f"{name}.npy": bundle.pack(array) for name, array in arrays.items()}
    bundle.write(Path(path), _DOCUMENT, document, parts)


@contextmanager
def loading(path: str | Path, agent: Agent) -> Iterator[dict[str, Any]]:
    """Reads what an agent of the same settings and space has learnt, to be taken over.

    The random numbers go on from where they were, once it has been.

    Raises:
        ArchgymError: The file can't be read, or is not of such an agent.
    """
    document, parts = bundle.read(Path(path), "saved agent", _DOCUMENT)
    digest.check(document, path)
    try:
        if document["agent"] != type(agent).__name__:
            raise ArchgymError(f"{path} is of an agent {document['agent']}")
        if document["hyperparameters"] != dataclasses.asdict(agent.hyperparameters):
            raise ArchgymError(f"{path} is of an agent with other hyperparameters")
        if document["allowed"] != _allowed(agent):
            raise ArchgymError(f"{path} is of an agent in another space than {agent.space.name}")
        arrays = {
            name.removesuffix(".npy"): bundle.unpack(content, name)
            for name, content in parts.items()
        }
        generator = np.random.default_rng(0)
        generator.bit_generator.state = document["rng"]
        yield from_document(document["learnt"], arrays)
        agent.rng.bit_generator.state = generator.bit_generator.state
    except ArchgymError:
        raise
    # PyTorch rejects a foreign state with many kinds of exceptions.
    except Exception as error:
        raise ArchgymError(f"{path} is not a saved agent: {error!r}") from error


def check_version(version: Any) -> None:
    """Checks the version of observations as far as that can be told without a problem.

    Raises:
        ArchgymError: It is no version.
    """
    if not isinstance(version, int) or version < 0:
        raise ArchgymError(f"{version!r} is no version of observations")


def _allowed(agent: Agent) -> dict[str, list[bool]]:
    """Returns the parameters, and which of their values are not ruled out."""
    return {name: agent.space.allowed(name).tolist() for name in agent.space.parameters}
