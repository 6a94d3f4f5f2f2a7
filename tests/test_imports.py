"""No module imports, however indirectly, one that imports it: in functions and for types neither.

`make lint` checks which packages may import which (see `[tool.importlinter]` in `pyproject.toml`).
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

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


def test_there_is_no_circle_of_imports(tmp_path: Path) -> None:
    package = tmp_path / "archgym"
    ignored = shutil.ignore_patterns("__pycache__", "archgym_command")
    shutil.copytree(ROOT / "archgym", package, ignore=ignored)
    for name in ("agents", "simulators", "traces"):
        shutil.copytree(ROOT / name, package / name, ignore=ignored)
    path = os.pathsep.join([str(tmp_path), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": path},
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert found["circle"] == []
    assert found["modules"] > 200


def test_modules_can_be_read_in_one_go() -> None:
    folders = ("archgym", "agents", "simulators", "traces")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in modules
    }
    assert {name: length for name, length in lengths.items() if length > 450} == {}
