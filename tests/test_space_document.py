"""A space survives being written as JSON."""

import json

import pytest
from hypothesis import given

from archgym.dram.spaces import SPACES, make_space
from archgym.errors import ArchgymError
from archgym.space import DesignSpace
from archgym.space_document import from_document, to_document
from archgym.testing.spaces import every_design, spaces


def copy(space: DesignSpace) -> DesignSpace:
    return from_document(json.loads(json.dumps(to_document(space))))


@given(spaces())
def test_the_copy_is_the_same_space(space: DesignSpace) -> None:
    copied = copy(space)
    assert to_document(copied) == to_document(space)
    for design in every_design(space):
        assert copied.canonical(design) == space.canonical(design)
        assert copied.infeasibility(design) == space.infeasibility(design)
        assert (copied.encode(design) == space.encode(design)).all()


@pytest.mark.parametrize("name", SPACES)
def test_released_spaces(name: str) -> None:
    space = make_space(name)
    copied = copy(space)
    assert repr(copied) == repr(space)
    assert copied.default == space.default
    assert copied.count_feasible() == space.count_feasible()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "x", "parameters": [{"name": "p"}], "active": {}, "infeasible": []},
        {"name": "x", "parameters": 3, "active": {}, "infeasible": []},
        {"name": "x", "parameters": [], "active": {}, "infeasible": []},
    ],
)
def test_what_is_no_space(document: dict) -> None:
    with pytest.raises(ArchgymError):
        from_document(document)
