"""The C++ core, for any processor."""

from archgym.simulators.native._core import COMMANDS as COMMANDS
from archgym.simulators.native._core import DECLARATIONS as DECLARATIONS
from archgym.simulators.native._core import MAX_BANKS as MAX_BANKS
from archgym.simulators.native._core import MAX_CHANNELS as MAX_CHANNELS
from archgym.simulators.native._core import MAX_RANKS as MAX_RANKS
from archgym.simulators.native._core import METRICS as METRICS
from archgym.simulators.native._core import SOURCES as SOURCES
from archgym.simulators.native._core import UNBOUNDED as UNBOUNDED
from archgym.simulators.native._core import Memory as Memory
from archgym.simulators.native._core import Requests as Requests
from archgym.simulators.native._core import command_trace as command_trace
from archgym.simulators.native._core import evaluate as evaluate

PROCESSOR_HAS_AVX2: bool
"""Whether this processor can run the build `_avx2`, and there is one."""
