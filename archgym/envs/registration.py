"""The environments' ids."""

import gymnasium


def register() -> None:
    """Makes the environments known to gymnasium, once however often it is called."""
    if "archgym/DRAM-v0" not in gymnasium.registry:
        gymnasium.register(
            id="archgym/DRAM-v0",
            entry_point="archgym.envs.dram:DramEnv",
            vector_entry_point="archgym.envs.vector:DramVectorEnv",
        )
