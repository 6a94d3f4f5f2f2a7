"""No module imports, however indirectly, one that imports it: in functions and for types neither.

`make lint` checks which packages may import which (see `[tool.importlinter]` in `pyproject.toml`);
here, that it notices when one does that may not.
"""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# In a process without site, which would find the editable install instead of the copy.
SCRIPT = """
import graphlib, json, grimp
graph = grimp.build_graph("archgym", cache_dir=None)
imports = {name: sorted(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
try:
    graphlib.TopologicalSorter(imports).prepare()
    print(json.dumps({"modules": len(imports), "circle": []}))
except graphlib.CycleError as error:
    print(json.dumps({"modules": len(imports), "circle": error.args[1]}))
"""

LINT = f"""
from importlinter.cli import lint_imports
raise SystemExit(lint_imports(config_filename={str(ROOT / "pyproject.toml")!r}, no_cache=True))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The modules as they are installed."""
    package = tmp_path / "archgym"
    ignored = shutil.ignore_patterns("__pycache__", "archgym_command")
    shutil.copytree(ROOT / "archgym", package, ignore=ignored)
    for name in ("agents", "simulators", "traces"):
        shutil.copytree(ROOT / name, package / name, ignore=ignored)
    return package


def run(script: str, package: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package.parent), sysconfig.get_path("purelib")])
    return subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=package.parent,
        env={"PYTHONPATH": path},
        capture_output=True,
        check=False,
        text=True,
    )


def test_there_is_no_circle_of_imports(package: Path) -> None:
    done = run(SCRIPT, package)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["circle"] == []
    assert found["modules"] > 200


@pytest.mark.parametrize(
    ("module", "imported", "broken"),
    [
        ("study/run.py", "archgym.dram.system", "Nothing but DRAM's backends knows DRAM"),
        (
            "envs/design.py",
            "archgym.traces.trace",
            "Nothing but DRAM and its backends knows traces",
        ),
        ("simulators/proxy.py", "archgym.dram.device", "The simulators of any domain know no DRAM"),
        ("dram/validation.py", "archgym.simulators.native", "Simulators are found by name"),
        ("simulators/dramsys.py", "archgym.simulators.native", "No simulator needs another"),
        ("study/run.py", "archgym.agents.grid", "Agents are found by name"),
        ("agents/grid.py", "archgym.simulators", "Agents know no simulator"),
        ("simulators/tabular.py", "archgym.agents", "Simulators know nothing of who asks them"),
        ("problem.py", "archgym.study.spec", "Arrows point down"),
        ("traces/trace.py", "archgym.dram.device", "Arrows point down"),
        ("study/progress.py", "archgym.study.run", "No two parts of a package need each other"),
    ],
)
def test_what_may_not_be_imported_is_noticed(package, module, imported, broken) -> None:
    with (package / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\ndef _lazily() -> None:\n    import {imported}\n")
    done = run(LINT, package)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "BROKEN" in line]
    assert any(line.startswith(broken) for line in lines), done.stdout + done.stderr


def test_a_new_module_needs_a_place(package: Path) -> None:
    (package / "drawer.py").write_text('"""What is in no layer."""\n', encoding="utf-8")
    done = run(LINT, package)
    assert done.returncode == 1
    assert "drawer" in done.stdout


def test_modules_can_be_read_in_one_go() -> None:
    folders = ("archgym", "agents", "simulators", "traces")
    modules = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".cpp", ".hpp")
    ]
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in modules
    }
    assert {name: length for name, length in lengths.items() if length > 450} == {}


def test_nothing_private_is_imported_from_elsewhere() -> None:
    """Names with an underscore stay in their module, and such modules in their package."""
    parts = ("agents", "simulators", "traces")
    names = {"archgym": "archgym", **{part: f"archgym.{part}" for part in parts}}
    found: list[str] = []
    for folder, package in names.items():
        for path in (ROOT / folder).rglob("*.py"):
            own = path.relative_to(ROOT / folder).with_suffix("").parts
            module = ".".join([package, *own]).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found += [
                        f"{module} imports {node.module}.{each.name}"
                        for each in node.names
                        if _is_private(f"{node.module}.{each.name}", module)
                    ]
    assert found == []


def _is_private(name: str, module: str) -> bool:
    owner, mark, rest = name.partition("._")
    if not mark or rest.startswith("_"):
        return False
    is_module = importlib.util.find_spec(f"{owner}._{rest.partition('.')[0]}") is not None
    return not (module == owner or (is_module and module.startswith(f"{owner}.")))
