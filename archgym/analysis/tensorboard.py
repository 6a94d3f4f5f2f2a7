"""Curves of a training for TensorBoard."""

from collections.abc import Callable, Mapping
from pathlib import Path

from archgym.extras import needed_by


def write_scalars(folder: str | Path) -> Callable[[int, Mapping[str, float]], None]:
    """Returns what writes scalars into a folder that TensorBoard shows.

    Example:
        >>> from archgym import agents
        >>> from archgym.analysis.tensorboard import write_scalars
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=40)
        >>> agent = agents.make("ippo", problem.space, seed=0)
        >>> agent.on_update = write_scalars("runs/ippo")
        >>> agent.search(problem)

    Raises:
        MissingExtraError: TensorBoard or PyTorch is not installed or fails to import.
    """
    with needed_by("writing for TensorBoard"):
        from torch.utils.tensorboard import SummaryWriter
    writer = SummaryWriter(str(folder))

    def write(evaluations: int, scalars: Mapping[str, float]) -> None:
        for name, value in scalars.items():
            writer.add_scalar(name, value, evaluations)
        writer.flush()

    return write
