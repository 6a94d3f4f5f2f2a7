"""The environments' ids."""

import warnings

import gymnasium

# By what is behind the name of a domain's environments.
_ENTRY_POINTS = {
    "": ("archgym.envs.design:DesignEnv", "archgym.envs.vector:DesignVectorEnv"),
    "Sequential": (
        "archgym.envs.sequential:SequentialEnv",
        "archgym.envs.sequential:SequentialVectorEnv",
    ),
}


def ids(domain: str, version: int) -> list[str]:
    """Returns the ids of a domain's environments of a version."""
    return [
        name
        for name, spec in gymnasium.registry.items()
        if str(spec.entry_point).startswith("archgym.envs.")
        and (spec.kwargs["domain"], spec.kwargs["version"]) == (domain, version)
    ]


def register(name: str, domain: str, versions: int = 1) -> None:
    """Makes the environments of a domain known to gymnasium, once however often it is called.

    These are `NAME-vN`, whose steps each try a design, and `NAMESequential-vN`, whose steps each
    settle one parameter. A package makes its own known by calling this when it is imported:
    gymnasium looks for no entry points, but imports `PACKAGE` for `make("PACKAGE:NAME-v0")`.

    Args:
        name: A namespace and a name, e.g. `archgym/DRAM`.
        domain: Name of the domain.
        versions: How many versions of columns it has, from 0.
    """
    # An older version shows less, and is no worse for it.
    warnings.filterwarnings("ignore", rf".*The environment {name}\S*-v\d+ is out of date")
    for suffix, (single, vector) in _ENTRY_POINTS.items():
        for version in range(versions):
            id_ = f"{name}{suffix}-v{version}"
            if id_ not in gymnasium.registry:
                gymnasium.register(
                    id=id_,
                    entry_point=single,
                    vector_entry_point=vector,
                    kwargs={"version": version, "domain": domain},
                )
