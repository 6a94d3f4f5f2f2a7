"""Gymnasium and PettingZoo environments over a problem, of any domain."""

from functools import partial
from typing import TYPE_CHECKING, Any

from archgym import domain as domains
from archgym.errors import unknown
from archgym.extras import needed_by

if TYPE_CHECKING:
    from archgym.envs.parallel import TeamEnv
    from archgym.space import DesignSpace


def parallel_env(**arguments: Any) -> "TeamEnv":
    """Makes a PettingZoo environment in which every parameter is chosen by an agent of its own.

    Args:
        arguments: Those of `archgym.envs.parallel.TeamEnv`.

    Raises:
        ArchgymError: PettingZoo can't be imported, a name is not known, or the default design can't
            be simulated.
    """
    with needed_by("parallel_env"):
        from archgym.envs.parallel import TeamEnv
    return TeamEnv(**arguments)


dram_parallel_env = partial(parallel_env, domain="dram")
"""`parallel_env` of DRAM controllers."""


def observation_names(
    environment: str, space: "str | DesignSpace | None" = None, **options: Any
) -> tuple[str, ...]:
    """Returns the names of the columns of an environment's observations, in order.

    They depend on nothing but the environment's id and the space, and never change.

    Args:
        environment: An id, such as `archgym/DRAM-v1`; for the teams' environment the name in its
            metadata, `archgym_dram_v0` or `archgym_dram_v1`.
        space: A space or its name; by default the domain's.
        options: Those of the domain that a named space is made for, such as `device`.

    Raises:
        ArchgymError: A name is not known.
    """
    import gymnasium

    from archgym.envs.columns import columns, names
    from archgym.envs.sequential import sequential_names

    found = {
        id_: (spec.kwargs["domain"], spec.kwargs["version"], "Sequential" in str(spec.entry_point))
        for id_, spec in gymnasium.registry.items()
        if str(spec.entry_point).startswith("archgym.envs.")
    }
    teams = {
        f"archgym_{domain}_v{version}": (domain, version, False)
        for domain, version, _ in found.values()
    }
    if environment not in found | teams:
        raise unknown("environment", environment, found | teams)
    name, version, is_sequential = (found | teams)[environment]
    domain = domains.load(name)
    space = domain.defaults.space if space is None else space
    made = domain.platform(options).space(space) if isinstance(space, str) else space
    whole = names(columns(domain, version), made, domain.features)
    return sequential_names(whole, made) if is_sequential else whole


__all__ = ["dram_parallel_env", "observation_names", "parallel_env"]
