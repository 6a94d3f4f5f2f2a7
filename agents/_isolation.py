"""Keeps a training with PyTorch from what else the process does, and that from the training."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Computes with one thread: the networks are small, and sums would depend on how many."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Computes with one thread and random states of its own; the global ones come back after.

    For libraries that draw from the global states.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]), one_thread():
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


@contextmanager
def unchecked() -> Iterator[None]:
    """Leaves out PyTorch's checks of every distribution's arguments, a quarter of PPO's time."""
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        torch.distributions.Distribution.set_default_validate_args(__debug__)  # as PyTorch has it
