import numpy as np
import pytest


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def write_file(content: bytes, name: str = "app"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for examples that may overwrite each other's files."""
    return tmp_path_factory.mktemp("traces")


@pytest.fixture(scope="session")
def columns():
    """Returns a trace's requests as lists."""
    names = ("arrival_ps", "address", "is_write", "size", "initiator")
    return lambda trace: {name: np.asarray(getattr(trace, name)).tolist() for name in names}
