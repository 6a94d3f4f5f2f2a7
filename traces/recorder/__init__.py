"""Records what real programs ask of memory.

Valgrind's tool lackey lists each instruction, load and store of a program. They pass through a
hierarchy of caches, pages get frames when they are first touched, and what is left is what memory
would see: line fills and write-backs, at times counted in instructions. Each half is there by
itself too: `record_accesses` records loads and stores, and `CacheHierarchy` plays any to caches.
"""

from archgym.traces.recorder.caches import (
    INCLUSIONS,
    PREFETCHERS,
    CacheCounts,
    CacheHierarchy,
)
from archgym.traces.recorder.machine import CacheSize, Machine
from archgym.traces.recorder.recording import (
    Accesses,
    Progress,
    Recording,
    record,
    record_accesses,
)
from archgym.traces.recorder.valgrind import NOT_SEEN

__all__ = [
    "INCLUSIONS",
    "NOT_SEEN",
    "PREFETCHERS",
    "Accesses",
    "CacheCounts",
    "CacheHierarchy",
    "CacheSize",
    "Machine",
    "Progress",
    "Recording",
    "record",
    "record_accesses",
]
