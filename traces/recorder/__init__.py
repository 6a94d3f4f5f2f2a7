"""Records what real programs ask of memory.

Valgrind's tool lackey lists each instruction, load and store of a program. They pass through a
hierarchy of caches, pages get frames when they are first touched, and what is left is what memory
would see: line fills and write-backs, at times counted in instructions.
"""

from archgym.traces.recorder.machine import CacheSize, Machine
from archgym.traces.recorder.recording import CacheCounts, Progress, Recording, record
from archgym.traces.recorder.valgrind import NOT_SEEN

__all__ = ["NOT_SEEN", "CacheCounts", "CacheSize", "Machine", "Progress", "Recording", "record"]
