"""The version is a fingerprint of all that decides results, and of nothing else."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import archgym
from archgym import simulators
from archgym.fingerprint import hash_sources, read_sources
from archgym.simulators._sources import SYSTEM
from archgym.simulators.native import Native, _core, _portable

NATIVE = "archgym.simulators.native"
FOLDER = Path(__file__).parents[3] / "simulators/native"

# What describes workloads to people and agents decides no result.
DESCRIPTIONS = {f"archgym.dram.{name}" for name in ("arrivals", "features", "reuse", "rows")}


def imported(module: str, text: str) -> set[str]:
    """Returns archgym's own modules that a source imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("archgym.dram.")}


def source(name: str) -> str | None:
    try:
        return read_sources([name])[name]
    except ImportError:  # A name in a module.
        return None


def test_it_has_the_form_of_a_version() -> None:
    pattern = re.escape(archgym.__version__) + r"\+[0-9a-f]{12}"
    assert re.fullmatch(pattern, Native.version)
    assert simulators.make("native").version == Native.version


def test_quirks_make_another_version() -> None:
    assert Native(dramsys_quirks=True).version == f"{Native.version}.dramsys"
    assert Native(threads=2).version == Native.version


def test_every_module_that_decides_results_is_part_of_it() -> None:
    """Follows the imports of the native simulator, as far as they go in `archgym.dram`."""
    sources = read_sources([*SYSTEM, NATIVE])
    waiting, seen = list(sources), set(sources)
    while waiting:
        module = waiting.pop()
        for name in imported(module, source(module) or "") - seen:
            seen.add(name)
            if source(name) is not None:
                assert name in DESCRIPTIONS, f"{name} is not in archgym.simulators._sources.SYSTEM"


@pytest.mark.parametrize("module", sorted(read_sources([*SYSTEM, NATIVE])))
def test_code_of_every_source_counts_and_its_comments_do_not(module: str) -> None:
    sources = read_sources([*SYSTEM, NATIVE])
    longer = sources | {module: f"{sources[module]}\nDELAY = 1\n"}
    assert not Native.version.endswith(hash_sources(longer, _core.SOURCES, _core.DECLARATIONS))
    commented = sources | {module: f"# A comment.\n{sources[module]}"}
    assert Native.version.endswith(hash_sources(commented, _core.SOURCES, _core.DECLARATIONS))


def test_every_build_is_of_the_same_sources() -> None:
    assert re.fullmatch("[0-9a-f]{64}", _core.SOURCES)
    assert _portable.SOURCES == _core.SOURCES


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the core's sources."""
    if shutil.which("cmake") is None:
        pytest.skip("CMake is not installed")
    for path in [*FOLDER.glob("*.[ch]pp"), FOLDER / "hash_sources.cmake"]:
        shutil.copy(path, tmp_path)
    shutil.copytree(FOLDER / "schedulers", tmp_path / "schedulers")
    return tmp_path


def hash_of(folder: Path) -> str:
    """Hashes the sources in a folder as the build does."""
    script = folder / "script.cmake"
    script.write_text(
        "include(hash_sources.cmake)\n"
        "file(GLOB sources *.cpp *.hpp schedulers/*.hpp)\n"
        "hash_sources(hash ${sources})\n"
        "list(REVERSE sources)\n"
        "hash_sources(reversed ${sources})\n"
        'message("${hash} ${reversed}")\n'
    )
    done = subprocess.run(
        ["cmake", "-P", script.name], cwd=folder, capture_output=True, text=True, check=True
    )
    one, other = done.stderr.split()
    assert one == other
    return one


def test_the_core_knows_the_hash_of_its_sources(copy: Path) -> None:
    """Fails if the sources have changed since the installation: install again."""
    assert hash_of(copy) == _core.SOURCES


def test_code_of_the_core_counts_and_its_comments_do_not(copy: Path) -> None:
    before = hash_of(copy)
    path = copy / "refresh_manager.hpp"
    text = path.read_text()
    path.write_bytes(f"// A comment.\n{text}  // Another.\n".replace("\n", "\r\n").encode())
    assert hash_of(copy) == before
    path.write_text(re.sub(r"\breturn\b", "return 1 +", text, count=1))
    assert hash_of(copy) != before
    path.write_text(text)
    path.rename(copy / "refreshing.hpp")
    assert hash_of(copy) != before
