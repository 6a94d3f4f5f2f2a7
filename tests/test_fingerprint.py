"""A fingerprint tells sources apart by what they do."""

import random

import pytest

from archgym.fingerprint import DIGITS, hash_sources, read_sources

SOURCES = {
    "timing": '"""Delays."""\n\nDELAYS = {"tRCD": 14, "tRP": 14}  # cycles\n',
    "energy": (
        "def energy(current: float) -> float:\n"
        '    """Returns nanojoules."""\n'
        "    return current * 1.5\n"
    ),
}


def changed(module: str, old: str, new: str) -> dict[str, str]:
    assert old in SOURCES[module]
    return SOURCES | {module: SOURCES[module].replace(old, new)}


@pytest.mark.parametrize(
    "change",
    [
        ("timing", "14, ", "15, "),
        ("timing", '"tRP"', '"tRAS"'),
        ("energy", "1.5", "1.25"),
        ("energy", "*", "/"),
        ("energy", "current * 1.5", "(current + 0) * 1.5"),
    ],
)
def test_another_table_or_formula_has_another_fingerprint(change: tuple[str, str, str]) -> None:
    assert hash_sources(changed(*change)) != hash_sources(SOURCES)


@pytest.mark.parametrize(
    "change",
    [
        ("timing", "# cycles", "# clock cycles"),
        ("timing", "Delays", "All delays"),
        ("timing", "{", "{\n    "),
        ("timing", "\n", "\r\n"),
        ("energy", "Returns nanojoules.", "Returns the energy in nJ."),
        ("energy", '    """Returns nanojoules."""\n', ""),
    ],
)
def test_comments_and_layout_do_not_matter(change: tuple[str, str, str]) -> None:
    assert hash_sources(changed(*change)) == hash_sources(SOURCES)


def test_order_does_not_matter_and_names_do() -> None:
    assert hash_sources(dict(reversed(SOURCES.items()))) == hash_sources(SOURCES)
    swapped = dict(zip(SOURCES, reversed(SOURCES.values()), strict=True))
    assert hash_sources(swapped) != hash_sources(SOURCES)


def test_what_else_counts_is_part_of_it() -> None:
    assert len({hash_sources(SOURCES), hash_sources(SOURCES, "a"), hash_sources(SOURCES, "b")}) == 3


def test_it_is_the_same_in_every_version_of_python() -> None:
    assert len(hash_sources(SOURCES)) == DIGITS
    assert hash_sources(SOURCES) == "053347997655"


def test_sources_of_a_package_are_those_of_its_modules() -> None:
    sources = read_sources(["archgym.dram.standards", "archgym.errors"])
    assert {"archgym.dram.standards", "archgym.dram.standards.ddr4", "archgym.errors"} <= {*sources}
    assert "tRP" in "".join(sources.values())
    random.shuffle(names := list(sources))
    assert hash_sources({name: sources[name] for name in names}) == hash_sources(sources)


def test_a_compiled_module_has_no_source() -> None:
    assert "archgym.simulators.native._core" in read_sources(["archgym.simulators.native"])
    assert "archgym.simulators.native._portable" not in read_sources(["archgym.simulators.native"])
    with pytest.raises(ImportError, match="without its source"):
        read_sources(["archgym.simulators.native._portable"])
    with pytest.raises(ImportError, match="there is no module"):
        read_sources(["archgym.no_such_module"])
