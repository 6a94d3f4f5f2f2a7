"""The programs behind the bundled workloads: what they are, and how they are run."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archgym.traces.recorder import CacheSize, Machine

FOLDER = Path(__file__).parent

MACHINE = Machine(llc=CacheSize(512 * 1024, 16), memory_bytes=256 * 2**20)
"""A core's share of a machine: of its last-level cache and of its memory."""

_PYTHON = [sys.executable, "-s"]


@dataclass(frozen=True)
class Program:
    """A program to record.

    It runs in an empty folder. In its commands `{sources}` stands for the folder of this module,
    and `{cc1plus}` for the C++ compiler proper.

    Attributes:
        description: What it does.
        command: What is recorded; its output is thrown away.
        prepare: Commands that run before, unrecorded, each with the file in `{sources}` that is
            its input, if any, and the file that its output goes to, if any.
        setup: A command that does only what `command` does before the region of interest, and
            ends: its instructions are skipped. Nothing is skipped if it is empty.
        stdin: The file in `{sources}` that is the command's input, if any.
        limit: Requests after which the recording ends.
        ipc: Instructions that the core executes per cycle. Below 1 for programs that would ask for
            more than a channel of DDR4-2400 delivers: the core would stall.
        versions: Commands that print the versions of what matters.
    """

    description: str
    command: Sequence[str]
    prepare: Sequence[tuple[Sequence[str], str | None, str | None]] = ()
    setup: Sequence[str] = ()
    stdin: str | None = None
    limit: int = 400_000
    ipc: float = 1.0
    versions: Sequence[Sequence[str]] = field(default=())


_COMPILER = ["g++", "--version"]
_NUMPY = [
    *_PYTHON,
    "-c",
    "import numpy, sys; print('Python', sys.version, 'NumPy', numpy.__version__)",
]


_STANDARD = ["-std=c++20"]
_PREPROCESSED = ["graph.ii", "-o", "graph.s"]

_SUM = """
    SELECT sum(json_extract(item.value, '$.price'))
    FROM json_each(readfile('orders.json')) AS sale, json_each(sale.value, '$.items') AS item
"""


def _compile(name: str) -> tuple[Sequence[str], None, None]:
    source = f"{{sources}}/{name}.cpp"
    return ["g++", *_STANDARD, "-O3", "-o", name, source], None, None


def _compiled(name: str, description: str, ipc: float = 1.0) -> Program:
    """A program of ours that sets up its data first."""
    return Program(
        description,
        command=[f"./{name}"],
        prepare=[_compile(name)],
        setup=[f"./{name}", "setup"],
        ipc=ipc,
        versions=[_COMPILER],
    )


def _graph(task: str, description: str, ipc: float = 1.0) -> Program:
    return Program(
        description,
        command=["./graph", task, "graph.bin"],
        prepare=[_compile("graph"), (["./graph", "make", "graph.bin"], None, None)],
        setup=["./graph", "setup", "graph.bin"],
        ipc=ipc,
        versions=[_COMPILER],
    )


def _numpy(name: str, description: str, ipc: float = 1.0) -> Program:
    return Program(
        description,
        command=[*_PYTHON, f"{{sources}}/{name}.py"],
        setup=[*_PYTHON, f"{{sources}}/{name}.py", "setup"],
        ipc=ipc,
        versions=[_NUMPY],
    )


PROGRAMS = {
    "sqlite": Program(
        "SQLite, a 30 MB database in memory: look-ups, a scan, updates and inserts",
        command=["sqlite3", "-cmd", ".open --deserialize shop.db"],
        prepare=[(["sqlite3", "shop.db"], "sqlite-build.sql", None)],
        stdin="sqlite.sql",
        versions=[["sqlite3", "--version"]],
    ),
    "zstd": Program(
        "zstd at level 12, the start of 4 MB of text",
        command=["zstd", "-12", "--single-thread", "--stdout", "text"],
        prepare=[([*_PYTHON, "{sources}/make_text.py"], None, "text")],
        limit=250_000,
        versions=[["zstd", "--version"]],
    ),
    "json": Program(
        "SQLite's JSON functions, the start of a sum over 3.7 MB of orders",
        command=["sqlite3", ":memory:", _SUM],
        setup=["sqlite3", ":memory:", "SELECT length(readfile('orders.json'))"],
        prepare=[([*_PYTHON, "{sources}/make_json.py"], None, "orders.json")],
        versions=[["sqlite3", "--version"]],
    ),
    "compile": Program(
        "The C++ compiler, the start of compiling a program of 120 lines, already preprocessed",
        command=["{cc1plus}", "-quiet", "-fpreprocessed", *_STANDARD, "-O2", *_PREPROCESSED],
        prepare=[(["g++", *_STANDARD, "-E", "{sources}/graph.cpp", "-o", "graph.ii"], None, None)],
        limit=250_000,
        versions=[_COMPILER],
    ),
    "sort": _compiled("sort", "The start of a merge sort of 65,536 records of 16 bytes"),
    "hash-join": _compiled(
        "hash_join",
        "Hash join of 65,536 and 131,072 rows of 16 bytes: build and probe",
        ipc=0.4,
    ),
    "convolution": _compiled(
        "convolution", "A 5 x 5 blur of an image of 1536 x 1024 numbers of 4 bytes"
    ),
    "bfs": _graph(
        "bfs", "Most of a breadth-first search on a graph of 131,072 vertices, uneven degrees"
    ),
    "pagerank": _graph(
        "pagerank", "The start of PageRank, by pulling, on the same graph as bfs", ipc=0.5
    ),
    "llm-decode": _numpy(
        "llm_decode",
        "Decoding of two tokens, all but the end, with a transformer of 10 MB of weights in NumPy",
        ipc=0.5,
    ),
    "matmul": _numpy(
        "matmul", "Product of two matrices of 1024 x 1024 numbers of 4 bytes in NumPy: a stretch"
    ),
}
