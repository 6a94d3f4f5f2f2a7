"""The vocabulary of memory controllers: every parameter's values, default and meaning.

Names and values are those of DRAMSys (Steiner et al., SAMOS 2020) and of ArchGym (Krishnan et al.,
ISCA 2023). A simulator states which of them it understands; a design space picks the parameters and
values to be searched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archgym.documents import read_toml
from archgym.dram.mapping_family import NAMES, OWN
from archgym.parameter import Design, Parameter

DECLARATIONS = Path(__file__).parent / "controller.toml"
"""Where they are declared, for Python and C++ alike."""


def _read() -> Iterator[tuple[Parameter, frozenset[Any]]]:
    """Yields the parameters, each with the values that DRAMSys does not have."""
    description = (
        "Which address bits choose the bank, row and column: Device, as in the device's data; else "
        "the order of the fields, highest address bits first. Group: with the bank group lowest; "
        "Xor: with row bits XORed into the bank."
    )
    yield Parameter("AddressMapping", NAMES, OWN, description=description), frozenset()
    for name, declared in read_toml(DECLARATIONS).items():
        values = declared["values"]
        is_range = isinstance(values, dict)
        parameter = Parameter(
            name,
            range(values["from"], values["to"] + 1) if is_range else tuple(values),
            declared["default"],
            ordered=is_range,
            description=declared["description"],
        )
        beyond = declared.get("beyond_dramsys", [])
        yield parameter, frozenset(parameter.values if beyond == "all" else beyond)


_DECLARED = tuple(_read())

PARAMETERS: dict[str, Parameter] = {parameter.name: parameter for parameter, _ in _DECLARED}
"""Every parameter by name. The defaults make up the default design, which objectives and envs
compare others with."""


DRAMSYS_PARAMETERS: dict[str, Parameter] = {
    parameter.name: replace(
        parameter, values=tuple(each for each in parameter.values if each not in beyond)
    )
    if beyond
    else parameter
    for parameter, beyond in _DECLARED
    if len(beyond) < len(parameter.values)
}
"""Those that DRAMSys 5 has, with the values that it has."""


def complete(design: Design, parameters: Mapping[str, Parameter] = PARAMETERS) -> dict[str, Any]:
    """Returns a design in full, in the order of the parameters.

    Args:
        design: Values of any of the parameters.
        parameters: What there is to choose.
    """
    full = {name: parameter.default for name, parameter in parameters.items()}
    if "RequestBufferSize" in design:
        for name in ("RequestBufferSizeRead", "RequestBufferSizeWrite"):
            if name in full:
                full[name] = design["RequestBufferSize"]
    return full | dict(design)
