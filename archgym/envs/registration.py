"""The environments' ids."""

import warnings

import gymnasium

# Of each version; see `archgym.envs.columns`.
_ENTRY_POINTS = {
    "archgym/DRAM": ("archgym.envs.dram:DramEnv", "archgym.envs.vector:DramVectorEnv"),
    "archgym/DRAMSequential": (
        "archgym.envs.sequential:DramSequentialEnv",
        "archgym.envs.sequential:DramSequentialVectorEnv",
    ),
}
_VERSIONS = (0, 1)


def register() -> None:
    """Makes the environments known to gymnasium, once however often it is called."""
    # Version 0 shows less than 1, and is no worse for it.
    warnings.filterwarnings("ignore", r".*The environment archgym/\S+-v0 is out of date")
    for name, (single, vector) in _ENTRY_POINTS.items():
        for version in _VERSIONS:
            id_ = f"{name}-v{version}"
            if id_ not in gymnasium.registry:
                gymnasium.register(
                    id=id_,
                    entry_point=single,
                    vector_entry_point=vector,
                    kwargs={"version": version},
                )
