"""A plain model of the memory controller, written to be read: what the native core is held to.

It plays one channel, with no care for speed: every object keeps its state in ordinary lists, and
whatever wakes the controller makes it run through all of them. Nothing here is shared with the
native core, nor is its structure: the core keeps earliest-issue times in vectors and computes
responses in closed form, this model looks constraints up in a table of past commands and moves
responses along one by one. The semantics are DRAMSys 5.5's (Steiner et al., SAMOS 2020;
github.com/tukl-msd/DRAMSys). All times are whole clock cycles.
"""

from .request import Request
from .simulation import Run, simulate
from .timing import Timing, timing_of

__all__ = ["Request", "Run", "Timing", "simulate", "timing_of"]
