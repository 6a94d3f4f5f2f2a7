"""What networks have learnt as JSON and arrays, and whether it is like that of other networks.

PyTorch's own files are read by a library that trusts their sizes, and what it makes of them is of
any shape; an optimiser, for one, takes over whatever it is given.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from archgym.errors import ArchgymError

Arrays = dict[str, NDArray[Any]]

LARGEST = 1e9
"""What no number of a network or of an optimiser exceeds; its outputs are finite then."""

MOST_COLUMNS = 10_000
"""The most columns of an observation; there are some dozens."""


def to_document(state: Any, arrays: Arrays) -> Any:
    """Returns a state as JSON has it.

    Args:
        state: Mappings with names or integers as keys, sequences, plain values and tensors.
        arrays: To which the tensors are added; the document has their names.
    """
    if isinstance(state, Tensor):
        name = str(len(arrays))
        arrays[name] = state.detach().cpu().numpy()
        return {"tensor": name}
    if isinstance(state, Mapping):
        return {"items": [[key, to_document(each, arrays)] for key, each in state.items()]}
    if isinstance(state, tuple | list):
        items = [to_document(each, arrays) for each in state]
        return {"tuple": items} if isinstance(state, tuple) else items
    return state


def from_document(document: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Returns the state that `to_document` was given.

    Raises:
        Exception: Of any kind, if it was something else.
    """
    if isinstance(document, list):
        return [from_document(each, arrays) for each in document]
    if not isinstance(document, dict):
        return document
    ((kind, content),) = document.items()
    if kind == "tensor":
        return torch.from_numpy(np.array(arrays[content]))
    if kind == "tuple":
        return tuple(from_document(each, arrays) for each in content)
    return {key: from_document(each, arrays) for key, each in document["items"]}


def check_like(found: Any, expected: Any, where: str) -> None:
    """Checks that a state has the form of another one, and no absurd numbers.

    Args:
        found: The state.
        expected: Another one, of networks of the same form.
        where: What it is of, for the error message.

    Raises:
        ArchgymError: It has not.
    """
    if isinstance(expected, Tensor):
        like = (expected.shape, expected.dtype)
        if not isinstance(found, Tensor) or (found.shape, found.dtype) != like or not _sane(found):
            raise ArchgymError(
                f"{where} is not a tensor of shape {list(expected.shape)} of {expected.dtype}, "
                f"none of them beyond {LARGEST:g}"
            )
    elif isinstance(expected, Mapping):
        if not isinstance(found, Mapping) or found.keys() != expected.keys():
            raise ArchgymError(f"{where} does not have the parts {', '.join(map(str, expected))}")
        for key, each in expected.items():
            check_like(found[key], each, f"{where}.{key}")
    elif type(found) is not type(expected) or not 0 <= found <= LARGEST:
        raise ArchgymError(f"{where} is not a number like {expected}")


def check_observation(found: Any, where: str) -> None:
    """Checks that a state is an observation, or a bound of all of them.

    Raises:
        ArchgymError: It is not.
    """
    length = len(found) if isinstance(found, Tensor) and found.ndim == 1 else 0
    if not 0 < length <= MOST_COLUMNS or found.dtype != torch.float32 or found.isnan().any():
        raise ArchgymError(f"{where} is not an observation of 1 to {MOST_COLUMNS} columns")


def check_optimizer(found: Any, optimizer: torch.optim.Optimizer, where: str) -> None:
    """Checks that a state is one that a new optimiser may get to; the optimiser makes a step.

    Raises:
        ArchgymError: It is not.
    """
    groups = [
        {**group, "lr": own["lr"]}
        for group, own in zip(optimizer.state_dict()["param_groups"], found["param_groups"],
                              strict=True)
    ]  # fmt: skip
    # Rates may have changed meanwhile; nothing else does.
    if found["param_groups"] != groups or any(not 0 <= group["lr"] <= 1 for group in groups):
        raise ArchgymError(f"{where} is of an optimiser with other settings")
    # One that has never made a step has no state.
    if found["state"] == {}:
        return
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    optimizer.zero_grad()
    check_like(found["state"], optimizer.state_dict()["state"], f"{where}.state")
    for each in found["state"].values():
        for name, value in each.items():
            # All but the mean gradient are counts and means of squares.
            if name != "exp_avg" and not bool((torch.as_tensor(value) >= 0).all()):
                raise ArchgymError(f"{where}.state has a {name} below 0")


def _sane(tensor: Tensor) -> bool:
    """Tells whether no number is beyond all bounds; NaN is."""
    return bool((tensor.abs() <= LARGEST).all()) if tensor.is_floating_point() else True
