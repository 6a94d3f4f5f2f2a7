"""The design spaces of DRAM controllers; a released one never changes, a new one has a new name.

`archgym` and `archgym-pow2` code the ten-parameter space of Krishnan et al., "ArchGym:
An Open-Source Gymnasium for Machine Learning Assisted Architecture Design", ISCA 2023: all whole
numbers, and the powers of two that its reinforcement-learning agents choose from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archgym.dram.controller import PARAMETERS
from archgym.errors import unknown
from archgym.space import Condition, DesignSpace

_POLICIES: dict[str, Sequence[Any]] = {
    "PagePolicy": ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
    "Scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp"),
    "SchedulerBuffer": ("Bankwise", "ReadWrite", "Shared"),
    "RespQueue": ("Fifo", "Reorder"),
    "RefreshPolicy": ("NoRefresh", "AllBank"),
    "Arbiter": ("Simple", "Fifo", "Reorder"),
}

# Order and values of the parameters that a design is encoded by.
SPACES: dict[str, Mapping[str, Sequence[Any]]] = {
    "archgym": {
        "PagePolicy": _POLICIES["PagePolicy"],
        "Scheduler": _POLICIES["Scheduler"],
        "SchedulerBuffer": _POLICIES["SchedulerBuffer"],
        "RequestBufferSize": range(1, 9),
        "RespQueue": _POLICIES["RespQueue"],
        "RefreshPolicy": _POLICIES["RefreshPolicy"],
        "RefreshMaxPostponed": range(1, 9),
        "RefreshMaxPulledin": range(1, 9),
        "Arbiter": _POLICIES["Arbiter"],
        "MaxActiveTransactions": range(1, 129),
    },
    "archgym-pow2": {
        "PagePolicy": _POLICIES["PagePolicy"],
        "Scheduler": _POLICIES["Scheduler"],
        "SchedulerBuffer": _POLICIES["SchedulerBuffer"],
        "RequestBufferSize": (1, 2, 4, 8, 16, 32, 64, 128),
        "RespQueue": _POLICIES["RespQueue"],
        "RefreshPolicy": _POLICIES["RefreshPolicy"],
        "RefreshMaxPostponed": (1, 2, 4, 8),
        "RefreshMaxPulledin": (1, 2, 4, 8),
        "Arbiter": _POLICIES["Arbiter"],
        "MaxActiveTransactions": (1, 2, 4, 8, 16, 32, 64, 128),
    },
}

# Defaults are the controller's, save for these, which are not in the spaces.
_DEFAULTS = {"RefreshMaxPostponed": 1, "RefreshMaxPulledin": 1}

# The simple arbiter does not count transactions, and what is not refreshed is not postponed.
_ACTIVE = {
    "RefreshMaxPostponed": Condition("RefreshPolicy", not_in=("NoRefresh",)),
    "RefreshMaxPulledin": Condition("RefreshPolicy", not_in=("NoRefresh",)),
    "MaxActiveTransactions": Condition("Arbiter", not_in=("Simple",)),
}

_DATA_LOSS = {
    Condition("RefreshPolicy", one_of=("NoRefresh",)): "without refresh the DRAM loses its data"
}


def make_space(name: str, *, allow_data_loss: bool = False) -> DesignSpace:
    """Makes the space called `name`, one of `SPACES`.

    Args:
        name: Its name.
        allow_data_loss: Whether designs that never refresh are feasible, as they are in the paper.
            The space is then called `NAME+data-loss`.

    Raises:
        ArchgymError: The name is not known.
    """
    if name not in SPACES:
        raise unknown("space", name, SPACES)
    parameters = [
        replace(
            PARAMETERS[parameter],
            values=values,
            default=_DEFAULTS.get(parameter, PARAMETERS[parameter].default),
        )
        for parameter, values in SPACES[name].items()
    ]
    return DesignSpace(
        f"{name}+data-loss" if allow_data_loss else name,
        parameters,
        active=_ACTIVE,
        infeasible={} if allow_data_loss else _DATA_LOSS,
    )
