"""Gymnasium and PettingZoo environments over a problem.

`import archgym` registers the ids of the gymnasium ones.
"""

from typing import TYPE_CHECKING, Any

from archgym.registry import missing_extra

if TYPE_CHECKING:
    from archgym.envs.parallel import DramParallelEnv


def dram_parallel_env(**arguments: Any) -> "DramParallelEnv":
    """Makes a PettingZoo environment in which every parameter is chosen by an agent of its own.

    Args:
        arguments: Those of `archgym.envs.parallel.DramParallelEnv`.

    Raises:
        ArchgymError: PettingZoo is not installed, a name is not known, or the default design can't
            be simulated.
    """
    try:
        from archgym.envs.parallel import DramParallelEnv
    except ModuleNotFoundError as error:
        raise missing_extra(error, "dram_parallel_env") from error
    return DramParallelEnv(**arguments)


__all__ = ["dram_parallel_env"]
