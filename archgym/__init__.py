"""archgym: a gymnasium for DRAM memory controllers, on a fast cycle-exact simulator."""

import importlib
from typing import TYPE_CHECKING, Any

from archgym.envs.registration import register
from archgym.version import VERSION

if TYPE_CHECKING:
    from archgym.dram.device import Device
    from archgym.dram.spaces import make_space
    from archgym.dram.system import System
    from archgym.dram.workload import Workload
    from archgym.parameter import Parameter
    from archgym.problem import Problem
    from archgym.simulators import simulate
    from archgym.space import DesignSpace
    from archgym.traces.player import Player
    from archgym.traces.trace import Trace

__version__ = VERSION

# As gymnasium's users expect: after `import archgym`, `gymnasium.make` knows the environments.
register("archgym/DRAM", "dram", versions=2)

# Loaded at first use, so that importing archgym costs next to nothing.
_PUBLIC = {
    "DesignSpace": "archgym.space",
    "Device": "archgym.dram.device",
    "Parameter": "archgym.parameter",
    "Player": "archgym.traces.player",
    "Problem": "archgym.problem",
    "System": "archgym.dram.system",
    "Trace": "archgym.traces.trace",
    "Workload": "archgym.dram.workload",
    "make_space": "archgym.dram.spaces",
    "simulate": "archgym.simulators",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'archgym' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


__all__ = [
    "DesignSpace",
    "Device",
    "Parameter",
    "Player",
    "Problem",
    "System",
    "Trace",
    "Workload",
    "__version__",
    "make_space",
    "simulate",
]
