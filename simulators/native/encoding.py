"""A design as the native core wants it: enumerators by number, sizes and delays as they are."""

from collections.abc import Sequence
from typing import NamedTuple

from archgym.dram.controller import PARAMETERS, complete
from archgym.dram.device import Device
from archgym.errors import ArchgymError, unknown
from archgym.parameter import Design
from archgym.simulator import Failure

FIELDS = tuple(name for name in PARAMETERS if name != "AddressMapping")
"""The parameters that the core knows, in its order: that of their declaration."""


class Encoded(NamedTuple):
    """A design for the core.

    Attributes:
        mapping: The name of the address mapping, which is done before the core is called.
        fields: One number for each of `FIELDS`.
    """

    mapping: str
    fields: list[int]


def encode(design: Design, device: Device, refresh_policies: Sequence[str]) -> Encoded | Failure:
    """Checks a design and encodes it.

    Args:
        design: Values of any parameters.
        device: What it is to be simulated on.
        refresh_policies: The values of RefreshPolicy that the device offers.
    """
    for name, value in design.items():
        if name not in PARAMETERS:
            return Failure("invalid", str(unknown("parameter", name, PARAMETERS)))
        try:
            PARAMETERS[name].index(value)
        except ArchgymError as error:
            return Failure("invalid", str(error))
    full = complete(design)
    if full["Scheduler"] == "GrpFrFcfsWm" and full["LowWatermark"] >= full["HighWatermark"]:
        return Failure(
            "invalid",
            f"LowWatermark must be below HighWatermark, {full['HighWatermark']}, "
            f"not {full['LowWatermark']}",
        )
    if full["CmdMux"] == "Strict" and full["Scheduler"] != "Fifo":
        return Failure("invalid", "CmdMux Strict needs Scheduler Fifo")
    if full["RefreshPolicy"] not in refresh_policies:
        *others, last = refresh_policies
        return Failure(
            "unsupported",
            f"{device.label} ({device.standard}) has RefreshPolicy {', '.join(others)} or {last}, "
            f"not {full['RefreshPolicy']}",
        )
    return Encoded(full["AddressMapping"], [_number(name, full[name]) for name in FIELDS])


def _number(name: str, value: object) -> int:
    parameter = PARAMETERS[name]
    index = parameter.index(value)
    return int(parameter.values[index]) if isinstance(parameter.values, range) else index
