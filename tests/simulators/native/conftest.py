"""Makes the plain model, which lies beside the tests, importable to them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def reference_model() -> ModuleType:
    path = Path(__file__).parent / "reference_model" / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        "reference_model", path, submodule_search_locations=[str(path.parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
