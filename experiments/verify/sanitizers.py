"""The tests on a native core that notices bad memory accesses and undefined behaviour."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "sanitizers"

# They start other programs, which the sanitizers slow down or stop, or measure time or memory;
# agents learn from formulas, with other packages' native code.
_LEFT_OUT = (
    "tests/agents",
    "tests/analysis",
    "tests/cli/test_main.py",
    "tests/dram/cli/test_trace_record.py",
    "tests/experiments",
    "tests/simulators/external",
    "tests/test_makefile.py",
    "tests/test_packaging.py",
    "tests/test_readme.py",
    "tests/traces/formats/test_memory.py",
    "tests/traces/recorder/test_record.py",
)
_DESELECTED = ("tests/simulators/test_tabular.py::test_it_is_fast",)


def build() -> None:
    """Builds the core in `BUILD`.

    Raises:
        subprocess.CalledProcessError: It can't be built.
    """
    nanobind = _output([sys.executable, "-m", "nanobind", "--cmake_dir"])
    configure = [
        *("cmake", "-S", str(ROOT / "simulators" / "native"), "-B", str(BUILD)),
        f"-DPython_EXECUTABLE={sys.executable}",
        f"-Dnanobind_DIR={nanobind}",
        # More optimisation takes the compiler ten times as long.
        "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g1",
        "-DARCHGYM_SANITIZE=address,undefined",
    ]
    # CMake is among the packages that `make` installed.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in (configure, ["cmake", "--build", str(BUILD), "--parallel"]):
        subprocess.run(command, check=True, env=os.environ | {"PATH": path})


def run(arguments: Sequence[str]) -> int:
    """Runs Python with what was built in place of the installed core; returns its exit code."""
    # Python itself does not know of the sanitizers, which must be there first; nor of C++, whose
    # exceptions they want to see. Python frees nothing at its end.
    compiler = os.environ.get("CXX", "c++")
    runtimes = [
        _output([compiler, f"-print-file-name={name}"]) for name in ("libasan.so", "libstdc++.so")
    ]
    environment = {
        "ARCHGYM_CORES": str(BUILD),
        "LD_PRELOAD": " ".join(runtimes),
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, check=False
    )
    return done.returncode


def run_tests() -> int:
    """Runs the fast tests that simulate; returns the exit code."""
    return run(
        [
            *("-m", "pytest", "-p", "experiments.verify.core", "-m", "not slow", "-q"),
            *(f"--ignore={name}" for name in _LEFT_OUT),
            *(f"--deselect={name}" for name in _DESELECTED),
        ]
    )


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()
