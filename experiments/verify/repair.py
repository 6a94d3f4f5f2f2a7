"""A study with damaged files is repaired by the command that ran it, and by nothing less."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from archgym import evaluation_log
from archgym.dram.testing.trace_files import damage
from experiments.verify.watchdog import WrongError

_STUDY = """
name = "repair"
budget = 5
seeds = {seeds}
objectives = ["latency"]

[[workloads]]
name = "mixed"
requests = 50

[agents.random_search]
[agents.random_walk]
"""


def check(trials: int, share: float, seed: int, folder: Path) -> tuple[int, int]:
    """Damages some of a study's files, and repairs it.

    Args:
        trials: How many trials the study has; an even number.
        share: The share of its files that are damaged.
        seed: Chooses them, and how.
        folder: Where to work.

    Returns:
        How many files there are, and how many were damaged.

    Raises:
        WrongError: The repaired study is not the same as before.
    """
    spec, good, bad = folder / "spec.toml", folder / "good", folder / "bad"
    spec.write_text(_STUDY.format(seeds=trials // 2), encoding="utf-8")
    _run(spec, good)
    shutil.copytree(good, bad)
    rng = Random(seed)
    files = sorted(file for file in bad.rglob("*") if file.is_file())
    chosen = rng.sample(files, round(share * len(files)))
    for file in chosen:
        content = file.read_bytes()
        while (damaged := damage(content, rng)) == content:
            pass
        file.write_bytes(damaged)
    _run(spec, bad)
    if not evaluation_log.equal(good / "trials", bad / "trials"):
        raise WrongError("the logs of the repaired study are others")
    if _names(good) != _names(bad):
        raise WrongError(f"other files: {sorted(_names(good) ^ _names(bad))[:5]}")
    return len(files), len(chosen)


def _run(spec: Path, out: Path) -> None:
    command = [Path(sys.executable).with_name("archgym"), "run", spec, "--out", out]
    workers = ["--workers", str(os.cpu_count() or 1)]
    ended = subprocess.run([*command, *workers], capture_output=True, check=False)
    if ended.returncode:
        raise WrongError(f"the study ends with {ended.returncode}: {ended.stderr[-2000:].decode()}")


def _names(out: Path) -> set[str]:
    """Returns the study's files, less what was set aside."""
    names = {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()}
    return {name for name in names if not name.startswith("damaged/")}
