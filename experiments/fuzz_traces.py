"""Reads files of any content until reading does anything but make a trace or refuse it by name.

    python -m experiments.fuzz_traces --inputs 1000000

Atheris (https://github.com/google/atheris), which is installed apart, chooses the content by what
it makes the readers do, starting from a file of every format; a file may be compressed on the way,
so that what is behind the compression is reached too. Ends with 1 at a crash, a hang or more than
2 GiB of memory, and keeps the file that did it in the current folder.
"""

import importlib.util
import inspect
import multiprocessing
import random
import sys
import tempfile
from ctypes import Array, c_ulonglong
from pathlib import Path
from typing import Annotated

import typer

_WAYS = (None, None, None, "gzip", "zstd")


def main(
    inputs: Annotated[int, typer.Option(help="How many files to read.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Chooses the files; 1 or more.", min=1)] = 1,
) -> None:
    """Reads many files of any content; ends with 1 at a crash."""
    if importlib.util.find_spec("atheris") is None:
        sys.exit("error: the fuzzer needs atheris: pip install atheris")
    # Atheris ends its process itself.
    context = multiprocessing.get_context("spawn")
    counts = context.Array(c_ulonglong, 2, lock=False)
    # In memory, if there is a file system for that.
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        fuzzer = context.Process(target=_fuzz, args=(Path(folder), inputs, seed, counts))
        fuzzer.start()
        fuzzer.join()
    traces, refused = counts
    print(f"{traces + refused:,} files read: {traces:,} traces, {refused:,} refused by name")
    if fuzzer.exitcode:
        sys.exit(1)


def _fuzz(folder: Path, inputs: int, seed: int, counts: "Array[c_ulonglong]") -> None:
    import atheris

    from archgym.dram.testing.trace_files import (
        WORDS,
        check_reading,
        compress,
        damage,
        examples,
        names,
    )

    # One by one, since Atheris can't see into what an editable install imports.
    for name, module in tuple(sys.modules.items()):
        if name.startswith("archgym.traces.formats"):
            for function in vars(module).values():
                if inspect.isfunction(function) and function.__module__ == name:
                    atheris.instrument_func(function)
    endings = names()
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, (name, content) in enumerate(examples().items()):
        ending = endings.index(name) if name in endings else 0
        (corpus / str(number)).write_bytes(bytes([ending, 0]) + content)
    dictionary = folder / "dictionary"
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in WORDS if len(word) < 100)
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped), encoding="utf-8")

    def read(data: bytes) -> None:
        """Reads a file whose first two bytes choose its ending and its compression."""
        if len(data) < 2:
            data = bytes(2)
        name, way = endings[data[0] % len(endings)], _WAYS[data[1] % len(_WAYS)]
        content = data[2:] if way is None else compress(data[2:], way)
        trace = check_reading(content, folder / name)
        counts[trace is None] += 1

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        """Changes a file as bytes or, every other time, as the formats' pieces."""
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return atheris.Mutate(data, max_size)
        return (data[:2] + damage(data[2:], rng))[:max_size]

    options = [
        f"-atheris_runs={inputs}",
        f"-seed={seed}",
        f"-dict={dictionary}",
        "-max_len=4096",
        "-timeout=300",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    typer.run(main)
