"""Files of what an agent has learnt: tensors and plain values, of which nothing can run.

The first line has the SHA-256 of the rest, which is PyTorch's: a zip archive, nothing in it packed.
Older files are that alone.
"""

import dataclasses
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from archgym import atomic, digest
from archgym.agents.base import Agent
from archgym.errors import ArchgymError, DamagedError

_MAGIC = b"archgym agent "
_ZIP = b"PK"


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
    packed = BytesIO()
    torch.save(state, packed)
    content = packed.getvalue()
    try:
        with atomic.output(path) as temporary:
            temporary.write_bytes(_MAGIC + digest.of_bytes(content).encode() + b"\n" + content)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error}") from error


@contextmanager
def loading(path: str | Path, agent: Agent) -> Iterator[dict[str, Any]]:
    """Reads what an agent of the same settings and space has learnt, to be taken over.

    The random numbers go on from where they were, once it has been.

    Raises:
        ArchgymError: The file can't be read, or is not of such an agent.
        DamagedError: It is not what was written.
    """
    path = Path(path)
    try:
        # Weights only: a file from elsewhere can't run anything.
        state = torch.load(BytesIO(_content(path)), weights_only=True)
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
    except Exception as error:
        raise ArchgymError(f"{path} is not a saved agent: {error}") from error


def _content(path: Path) -> bytes:
    """Returns what PyTorch has written, which takes no more room in memory than in the file."""
    content = path.read_bytes()
    first, _, rest = content.partition(b"\n")
    if first.startswith(_MAGIC):
        if first != _MAGIC + digest.of_bytes(rest).encode():
            raise DamagedError(f"{path} is not a saved agent any more: it is damaged")
        content = rest
    elif not content.startswith(_ZIP):
        raise ArchgymError(f"{path} is not a saved agent")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise ArchgymError(f"{path} is not a saved agent: what it holds is packed")
    return content


def _allowed(agent: Agent) -> dict[str, list[bool]]:
    """Returns the parameters, and which of their values are not ruled out."""
    return {name: agent.space.allowed(name).tolist() for name in agent.space.parameters}
