"""A plain model of a memory system, written to be read: what the native core is held to.

It has no care for speed: every object keeps its state in ordinary lists, and whatever wakes a
controller makes it run through all of them. It shares the standards' tables with the native core,
and nothing else, least of all its structure: the core keeps earliest-issue times in vectors and
computes responses in closed form, this model looks constraints up in a table of past commands and
sends every request and response as a message. The semantics are DRAMSys 5.5's (Steiner et al.,
SAMOS 2020; github.com/tukl-msd/DRAMSys). All times are whole clock cycles.
"""

from .request import Request
from .simulation import Run, simulate
from .timing import Timing, timing_of

__all__ = ["Request", "Run", "Timing", "simulate", "timing_of"]
