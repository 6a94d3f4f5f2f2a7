"""The vocabulary of memory controllers: every parameter's values, default and meaning.

Names and values are those of DRAMSys (Steiner et al., SAMOS 2020) and of ArchGym (Krishnan et al.,
ISCA 2023). A simulator states which of them it understands; a design space picks the parameters and
values to be searched.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from archgym.documents import read_toml
from archgym.dram.mapping_family import NAMES, OWN
from archgym.parameter import Completion, Design, Parameter

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


COMPLETION = Completion(PARAMETERS)
"""Completes designs over all parameters."""


def complete(design: Design, completion: Completion = COMPLETION) -> dict[str, Any]:
    """Returns a design in full, in the order of the parameters.

    A `RequestBufferSize` that is given is also that of reads and of writes, unless theirs is given.

    Args:
        design: Values of any of the parameters.
        completion: What knows the parameters that there are.

    Raises:
        ArchgymError: It has a parameter or value that there is not.
    """
    full = completion.complete(design)
    if "RequestBufferSize" in design:
        for name in ("RequestBufferSizeRead", "RequestBufferSizeWrite"):
            if name in full and name not in design:
                full[name] = full["RequestBufferSize"]
    return full


def contradiction(full: Design) -> str | None:
    """Says which values of a complete design no controller can have together; `None` if none."""
    scheduler = full["Scheduler"]
    if scheduler == "GrpFrFcfsWm" and full["LowWatermark"] >= full["HighWatermark"]:
        return (
            f"LowWatermark must be below HighWatermark, {full['HighWatermark']}, "
            f"not {full['LowWatermark']}"
        )
    if full.get("CmdMux") == "Strict" and scheduler != "Fifo":
        return "CmdMux Strict needs Scheduler Fifo"
    return None
