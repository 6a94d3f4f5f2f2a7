"""The C++ core, in the build for the widest vectors that this processor has.

All builds give the same results, to the last bit.
"""

import importlib

from archgym.dram.controller import DECLARATIONS as _CONTROLLER
from archgym.simulators.native import declarations

_portable = importlib.import_module("archgym.simulators.native._portable")
_build = (
    importlib.import_module("archgym.simulators.native._avx2")
    if _portable.PROCESSOR_HAS_AVX2
    else _portable
)

_declared = declarations.fingerprint(_CONTROLLER, _CONTROLLER.with_name("metrics.toml"))
if _declared != _build.DECLARATIONS:
    raise ImportError(
        "the native core was built of other parameters or metrics than archgym/dram declares: "
        "install archgym again"
    )

COMMANDS = _build.COMMANDS
METRICS = _build.METRICS
MAX_CHANNELS = _build.MAX_CHANNELS
MAX_BANKS = _build.MAX_BANKS
MAX_RANKS = _build.MAX_RANKS
UNBOUNDED = _build.UNBOUNDED
SOURCES = _build.SOURCES
DECLARATIONS = _build.DECLARATIONS
MAX_MANAGER_COMMANDS = _build.MAX_MANAGER_COMMANDS
MAX_RUN_PS = _build.MAX_RUN_PS
StuckError = _build.StuckError
TooLongError = _build.TooLongError
TooManyCommandsError = _build.TooManyCommandsError
Memory = _build.Memory
Requests = _build.Requests
evaluate = _build.evaluate
command_trace = _build.command_trace
