"""The version of the `native` simulator: archgym's, and a fingerprint of what decides results."""

from archgym.fingerprint import hash_sources, read_sources
from archgym.simulators._sources import SYSTEM
from archgym.simulators.native import _core
from archgym.version import VERSION as ARCHGYM

# An editable install may have Python sources that are newer than the core: the hash of the core's
# sources was compiled into it.
_fingerprint = hash_sources(read_sources([*SYSTEM, __package__]), _core.SOURCES, _core.DECLARATIONS)
VERSION = f"{ARCHGYM}+{_fingerprint}"
"""Of the JEDEC-legal simulator."""

DRAMSYS_VERSION = f"{VERSION}.dramsys"
"""Of the one with DRAMSys's quirks, whose results differ."""
