"""A design as the native core wants it: enumerators by number, sizes and delays as they are."""

from collections.abc import Sequence
from typing import NamedTuple

from archgym.dram.controller import COMPLETION, PARAMETERS, complete, contradiction
from archgym.dram.device import Device
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.simulator import Failure

# Whether a parameter's values are handed on as they are.
_IS_NUMBER = [isinstance(parameter.values, range) for parameter in PARAMETERS.values()]


class Encoded(NamedTuple):
    """A design for the core.

    Attributes:
        mapping: The name of the address mapping, which is done before the core is called.
        fields: A number for each other parameter, in the order of their declaration.
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
    try:
        full = complete(design)
    except ArchgymError as error:
        return Failure("invalid", str(error))
    if reason := contradiction(full):
        return Failure("invalid", reason)
    if full["RefreshPolicy"] not in refresh_policies:
        *others, last = refresh_policies
        return Failure(
            "unsupported",
            f"{device.label} ({device.standard}) has RefreshPolicy {', '.join(others)} or {last}, "
            f"not {full['RefreshPolicy']}",
        )
    values = zip(full.values(), COMPLETION.positions(full), _IS_NUMBER, strict=True)
    fields = [value if is_number else position for value, position, is_number in values]
    return Encoded(full["AddressMapping"], fields[1:])  # The mapping is declared first.
