"""Fixtures that several test files share."""

import pytest

from archgym.dram.workload import Workload


@pytest.fixture(scope="session")
def short_stream() -> Workload:
    """A thousand requests of the stream generator on the default device."""
    return Workload.load("stream", requests=1000)
