"""The options that say where trials are run."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from archgym.errors import ArchgymError, unknown

if TYPE_CHECKING:
    from archgym.study import Executor

_NAMES = ("local", "ray")

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Jobs at a time: by default 1, or all cores of a Ray cluster."),
]
ExecutorName = Annotated[
    str,
    typer.Option(
        "--executor", metavar="NAME", help="What runs them: local (processes here) or ray."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(help="A Ray cluster: auto, HOST:PORT or ray://HOST:PORT; by default one here."),
]


@contextmanager
def opened_executor(name: str, workers: int | None, address: str | None) -> "Iterator[Executor]":
    """Makes an executor, and closes it in the end.

    Raises:
        ArchgymError: The name is not known, the options do not fit it, or it can't start.
    """
    if name not in _NAMES:
        raise unknown("executor", name, _NAMES)
    if name == "ray":
        from archgym.study.ray_cluster import RayCluster

        with closing(RayCluster(workers, address)) as cluster:
            yield cluster
        return
    if address is not None:
        raise ArchgymError(f"--address {address} needs --executor ray")
    from archgym.study import LocalProcesses

    yield LocalProcesses(workers or 1)
