"""What `docs/simulators.md` says of the simulators is what they say of themselves."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from archgym import simulators
from archgym.dram.controller import PARAMETERS
from archgym.parameter import Parameter
from archgym.simulators import _dramsys4
from archgym.simulators._external import External
from archgym.simulators.dramsim3 import Dramsim3
from archgym.simulators.dramsys import Dramsys
from archgym.simulators.ramulator2 import Ramulator2

PAGE = Path(__file__).parents[3] / "docs" / "simulators.md"
BACKENDS: tuple[type[External], ...] = (Dramsys, Dramsim3, Ramulator2)
COLUMNS: dict[str, tuple[Mapping[str, Parameter], frozenset[str]]] = {
    "DRAMSys 5": (Dramsys.parameters, Dramsys.standards),
    "DRAMSys 4.0": (_dramsys4.PARAMETERS, _dramsys4.STANDARDS),
    "DRAMsim3": (Dramsim3.parameters, Dramsim3.standards),
    "Ramulator 2.1": (Ramulator2.parameters, Ramulator2.standards),
}


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def values(parameters: Mapping[str, Parameter], name: str) -> str:
    if name not in parameters:
        return "-"
    kept = parameters[name].values
    if tuple(kept) == tuple(PARAMETERS[name].values):
        return "all"
    if isinstance(kept[0], int):
        return f"{min(kept)} to {max(kept)}"
    if name == "AddressMapping":
        return "without XOR"
    return ", ".join(kept)


def expected() -> Iterable[str]:
    yield row("parameter", *COLUMNS)
    for name in PARAMETERS:
        yield row(f"`{name}`", *(values(parameters, name) for parameters, _ in COLUMNS.values()))
    yield row("standards", *(", ".join(sorted(standards)) for _, standards in COLUMNS.values()))


@pytest.mark.parametrize("line", list(expected()))
def test_what_each_supports(line):
    assert line in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("kind", BACKENDS, ids=lambda kind: kind.name)
def test_where_to_get_it_and_what_is_wrong_with_it(kind):
    text = PAGE.read_text(encoding="utf-8")
    assert f"| `{kind.name}` |" in text
    assert f"]({kind.page})" in text
    assert f"`{kind.variable}`" in text
    for defect in kind.defects:
        assert row(kind.title, defect.description, defect.remedy) in text.splitlines()


def test_no_simulator_is_left_out():
    names = {
        name
        for name in simulators.registry.names()
        if issubclass(simulators.registry.load(name), External)
    }
    assert names == {kind.name for kind in BACKENDS}
