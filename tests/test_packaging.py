import json
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import pytest

from archgym.study.release import Release

ROOT = Path(__file__).parent.parent

# Source folder -> the package it becomes.
PACKAGES = {
    "archgym": ["archgym"],
    "archgym/cli/archgym_command": ["archgym_command"],
    "agents": ["archgym", "agents"],
    "simulators": ["archgym", "simulators"],
    "traces": ["archgym", "traces"],
}

# What belongs to the native module's sources, or is made of them.
SOURCES = {".cpp", ".hpp", ".cmake", ".txt", ".so"}

# A finder that comes first and finds none of the optional dependencies.
WITHOUT_EXTRAS = """
import sys

BLOCKED = {"skopt", "sklearn", "torch", "stable_baselines3", "pettingzoo", "matplotlib", "jinja2"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""

# Every module by the name it is to be imported under. Walking the package's path instead would
# find some twice: an editable install has the source folder itself on it.


def packaged() -> dict[Path, tuple[str, ...]]:
    """All source files, and where in the wheel they go; a folder in a folder may go elsewhere."""
    return {
        file: (*prefix, *file.relative_to(ROOT / folder).parts)
        for folder, prefix in PACKAGES.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


MODULES = sorted(
    ".".join(parts).removesuffix(".py")
    for parts in packaged().values()
    if parts[-1].endswith(".py")
)

IMPORT_EVERYTHING = f"""
import importlib, json, sys

for name in {MODULES}:
    importlib.import_module(name.removesuffix(".__init__"))
print(json.dumps({{
    name: getattr(module, "__file__", None) for name, module in sys.modules.items()
}}))
"""


def python(code, *, folder, options=()):
    """Runs code in a fresh interpreter and returns what it printed."""
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_is_fast(tmp_path):
    # The best of three, since this machine may be busy with other things.
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        python("import archgym", folder=tmp_path)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 1


def test_import_loads_nothing_heavy(tmp_path):
    code = "import sys, archgym; print(*(name.partition('.')[0] for name in sys.modules))"
    loaded = set(python(code, folder=tmp_path).split())
    assert "archgym" in loaded
    assert not loaded & {"pandas", "pyarrow", "scipy", "skopt", "torch", "matplotlib", "rich"}


def test_public_names_are_there(tmp_path):
    python("import archgym; [getattr(archgym, name) for name in archgym.__all__]", folder=tmp_path)


@pytest.mark.parametrize("folder", [ROOT, None], ids=["from the root", "from elsewhere"])
def test_no_module_exists_twice(tmp_path, folder):
    files = json.loads(python(IMPORT_EVERYTHING, folder=folder or tmp_path))
    for package in ("agents", "simulators", "traces", "envs", "cli", "dram", "study"):
        assert package not in files
        assert not [name for name in files if name.startswith(f"{package}.")]
    ours = [file for name, file in files.items() if name.startswith("archgym") and file]
    assert len(ours) >= len(MODULES)
    assert len(ours) == len(set(ours))


def test_no_module_exists_twice_in_this_process():
    ours = [
        module.__file__
        for name, module in sys.modules.items()
        if name.partition(".")[0] in ("archgym", "agents", "simulators", "traces")
    ]
    assert len(ours) == len(set(ours))


def test_works_without_any_extra(tmp_path):
    code = """
import gymnasium
import archgym.envs
from archgym import agents
from archgym.errors import MissingExtraError

workload = archgym.Workload.load("stream", requests=500)
assert archgym.simulate({}, workload)["runtime_ns"] > 0
problem = archgym.Problem(archgym.make_space("archgym"), workload, "latency", budget=5)
agents.make("genetic_algorithm", problem.space, seed=1).search(problem)
env = gymnasium.make("archgym/DRAM-v0", workload=workload)
env.reset(seed=1)
env.step(env.action_space.sample())
try:
    agents.make("bayesian_optimization", problem.space, seed=1)
except MissingExtraError as error:
    print(error)
"""
    printed = python(WITHOUT_EXTRAS + code, folder=tmp_path)
    assert "pip install 'archgym[search]'" in printed


def test_command_line_lists_agents_without_any_extra(tmp_path):
    code = "from archgym.cli import main; main(['list', 'agents'])"
    assert "archgym[search]" in python(WITHOUT_EXTRAS + code, folder=tmp_path)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as it would be published, built from scratch and away from the source folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", folder, f"--config-settings=build-dir={folder / 'build'}", ROOT),
        ],
        check=True,
        cwd=folder,
    )
    (path,) = folder.glob("archgym-*.whl")
    return path


@pytest.mark.slow
def test_wheel_holds_what_it_needs_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {
        "archgym/py.typed",
        "archgym/simulators/native/_core.pyi",
        f"archgym/simulators/native/_portable{suffix}",
        "archgym/traces/recorder/_recorder.pyi",
        f"archgym/traces/recorder/_recorder{suffix}",
    } <= names
    assert "archgym/dram/devices/ddr4-2400.json" in names
    # Data and templates too.
    for file, parts in packaged().items():
        assert file.suffix in SOURCES or "/".join(parts) in names
    assert not any("cli/archgym_command" in name for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "archgym",
        "archgym_command",
        next(name for name in names if name.endswith("/METADATA")).partition("/")[0],
    }
    # The programs behind the bundled workloads are data.
    programs = "archgym/traces/workloads/programs/"
    sources = {name for name in names if Path(name).suffix in SOURCES - {".txt", ".so"}}
    assert sources == {name for name in sources if name.startswith(programs)} != set()
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.slow
def test_wheel_works(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    # Without the site module the editable install is out of the way.
    code = f"""
import sys
sys.path[:0] = [{str(tmp_path)!r}, {sysconfig.get_path("purelib")!r}]
import archgym
assert archgym.__file__.startswith({str(tmp_path)!r})
print(archgym.simulate({{}}, archgym.Workload.load("stream", requests=100))["commands_rd"])
from archgym.study.release import Release
print(Release.of_this_process())
"""
    commands, release = python(code, folder=tmp_path, options=["-S"]).splitlines()
    assert float(commands) > 0
    assert release == str(Release.of_this_process())
