"""Gymnasium and PettingZoo environments over a problem.

`import archgym` registers the ids of the gymnasium ones.
"""

from typing import TYPE_CHECKING, Any

from archgym.errors import unknown
from archgym.extras import needed_by

if TYPE_CHECKING:
    from archgym.envs.parallel import DramParallelEnv
    from archgym.space import DesignSpace


def dram_parallel_env(**arguments: Any) -> "DramParallelEnv":
    """Makes a PettingZoo environment in which every parameter is chosen by an agent of its own.

    Args:
        arguments: Those of `archgym.envs.parallel.DramParallelEnv`.

    Raises:
        ArchgymError: PettingZoo can't be imported, a name is not known, or the default design can't
            be simulated.
    """
    with needed_by("dram_parallel_env"):
        from archgym.envs.parallel import DramParallelEnv
    return DramParallelEnv(**arguments)


def observation_names(
    environment: str, space: "str | DesignSpace" = "archgym", device: str = "ddr4-2400"
) -> tuple[str, ...]:
    """Returns the names of the columns of an environment's observations, in order.

    They depend on nothing but the environment's id and the space, and never change.

    Args:
        environment: An id, such as `archgym/DRAM-v1`; for the teams' environment the name in its
            metadata, `archgym_dram_v0` or `archgym_dram_v1`.
        space: A name of `archgym.dram.spaces.SPACES`, or a ready space.
        device: The device that a named space is made for.

    Raises:
        ArchgymError: A name is not known.
    """
    from archgym.dram.spaces import make_space
    from archgym.envs.columns import VERSIONS
    from archgym.envs.sequential import sequential_names

    space = make_space(space, device) if isinstance(space, str) else space
    names = {}
    for version, columns in VERSIONS.items():
        whole = columns.names(space)
        names[f"archgym/DRAM-v{version}"] = names[f"archgym_dram_v{version}"] = whole
        names[f"archgym/DRAMSequential-v{version}"] = sequential_names(whole, space)
    if environment not in names:
        raise unknown("environment", environment, names)
    return names[environment]


__all__ = ["dram_parallel_env", "observation_names"]
