"""The vocabulary of memory controllers: every parameter's values, default and meaning.

Names and values are those of DRAMSys (Steiner et al., SAMOS 2020) and of ArchGym (Krishnan et al.,
ISCA 2023). A simulator states which of them it understands; a design space picks the parameters and
values to be searched.
"""

from collections.abc import Mapping
from typing import Any

from archgym.dram.mapping_family import NAMES, OWN
from archgym.parameter import Design, Parameter

_BUFFER_SIZES = range(1, 65537)
_REFRESH_LIMITS = range(65)
_DELAYS = range(1025)

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "AddressMapping",
            NAMES,
            OWN,
            description="Which address bits choose the bank, row and column: Device, as in the "
            "device's data; else the order of the fields, highest address bits first. Group: "
            "with the bank group lowest; Xor: with row bits XORed into the bank.",
        ),
        Parameter(
            "PagePolicy",
            ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
            "OpenAdaptive",
            description="When a row is closed: Open, at the next conflict; Closed, with every "
            "access; OpenAdaptive, with an access if others wait for the bank and none hits the "
            "row; ClosedAdaptive, with an access unless another that waits hits the row.",
        ),
        Parameter(
            "Scheduler",
            ("Fifo", "FrFcfs", "FrFcfsGrp", "GrpFrFcfs", "GrpFrFcfsWm"),
            "FrFcfs",
            description="Which request a bank serves next: Fifo, the oldest; FrFcfs, the oldest "
            "row hit, else the oldest; FrFcfsGrp prefers hits of the direction of the last access; "
            "GrpFrFcfs serves all reads or all writes of a bank first; GrpFrFcfsWm switches the "
            "direction of the whole channel at write watermarks.",
        ),
        Parameter(
            "LowWatermark",
            range(1, 65536),
            2,
            ordered=True,
            description="GrpFrFcfsWm turns to reads when no more writes than this wait.",
        ),
        Parameter(
            "HighWatermark",
            range(2, 65537),
            8,
            ordered=True,
            description="GrpFrFcfsWm turns to writes when more writes than this wait.",
        ),
        Parameter(
            "SchedulerBuffer",
            ("Bankwise", "ReadWrite", "Shared"),
            "Bankwise",
            description="What the request buffers are counted by: bank, direction, or all at once.",
        ),
        Parameter(
            "RequestBufferSize",
            _BUFFER_SIZES,
            8,
            ordered=True,
            description="Requests that a bank's buffer (Bankwise) or the one buffer (Shared) "
            "holds.",
        ),
        Parameter(
            "RequestBufferSizeRead",
            _BUFFER_SIZES,
            8,
            ordered=True,
            description="Reads that ReadWrite holds; RequestBufferSize where only that is given.",
        ),
        Parameter(
            "RequestBufferSizeWrite",
            _BUFFER_SIZES,
            8,
            ordered=True,
            description="Writes that ReadWrite holds; RequestBufferSize where only that is given.",
        ),
        Parameter(
            "CmdMux",
            ("Oldest", "Strict"),
            "Oldest",
            description="Which of the ready commands is issued: that of the oldest request, or "
            "accesses strictly in order of arrival (which needs Scheduler Fifo).",
        ),
        Parameter(
            "RespQueue",
            ("Fifo", "Reorder"),
            "Fifo",
            description="Order of responses: as the accesses were issued, or as they arrived.",
        ),
        Parameter(
            "RefreshPolicy",
            ("NoRefresh", "AllBank", "PerBank", "Per2Bank", "SameBank"),
            "AllBank",
            description="What one refresh command refreshes, as the device allows: all banks of a "
            "rank, one, a pair, or the same bank of every group. NoRefresh loses data.",
        ),
        Parameter(
            "RefreshMaxPostponed",
            _REFRESH_LIMITS,
            0,
            ordered=True,
            description="Refreshes that may be put off while requests wait.",
        ),
        Parameter(
            "RefreshMaxPulledin",
            _REFRESH_LIMITS,
            0,
            ordered=True,
            description="Refreshes that may be done ahead of time while none wait.",
        ),
        Parameter(
            "PowerDownPolicy",
            ("NoPowerDown", "Staggered"),
            "NoPowerDown",
            description="Whether idle ranks power down, then enter self-refresh.",
        ),
        Parameter(
            "Arbiter",
            ("Simple", "Fifo", "Reorder"),
            "Simple",
            description="What an initiator may have under way: Simple, any requests; Fifo, up to "
            "MaxActiveTransactions; Reorder, as many, with responses in their order.",
        ),
        Parameter(
            "MaxActiveTransactions",
            range(1, 65537),
            128,
            ordered=True,
            description="Requests that an initiator may have under way (Arbiter Fifo, Reorder).",
        ),
        Parameter(
            "ArbitrationDelayFw",
            _DELAYS,
            0,
            ordered=True,
            description="Cycles that a request takes through the arbiter.",
        ),
        Parameter(
            "ArbitrationDelayBw",
            _DELAYS,
            0,
            ordered=True,
            description="Cycles that a response takes through the arbiter.",
        ),
        Parameter(
            "ThinkDelayFw",
            _DELAYS,
            1,
            ordered=True,
            description="Cycles from the controller's interface into a bank's buffer.",
        ),
        Parameter(
            "ThinkDelayBw",
            _DELAYS,
            0,
            ordered=True,
            description="Cycles from the PHY to the response queue.",
        ),
        Parameter(
            "PhyDelayFw",
            _DELAYS,
            0,
            ordered=True,
            description="Cycles that commands and data take through the PHY to the DRAM.",
        ),
        Parameter(
            "PhyDelayBw",
            _DELAYS,
            0,
            ordered=True,
            description="Cycles that data read take through the PHY back.",
        ),
    )
}
"""Every parameter by name. The defaults make up the default design, which objectives and envs
compare others with."""


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
