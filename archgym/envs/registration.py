"""The environments' ids."""

import gymnasium

_ENTRY_POINTS = {
    "archgym/DRAM-v0": ("archgym.envs.dram:DramEnv", "archgym.envs.vector:DramVectorEnv"),
    "archgym/DRAMSequential-v0": (
        "archgym.envs.sequential:DramSequentialEnv",
        "archgym.envs.sequential:DramSequentialVectorEnv",
    ),
}


def register() -> None:
    """Makes the environments known to gymnasium, once however often it is called."""
    for name, (single, vector) in _ENTRY_POINTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(id=name, entry_point=single, vector_entry_point=vector)
