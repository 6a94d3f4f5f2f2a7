"""Puts the builds of native code in the folder ARCHGYM_CORES in place of the installed ones.

To be imported before the native simulator; pytest does so when told `-p experiments.verify.core`.
"""

import importlib.util
import os
import sys
from pathlib import Path

# What is built, by folder.
_PACKAGES = {".": "archgym.simulators.native", "recorder": "archgym.traces.recorder"}

if "ARCHGYM_CORES" in os.environ and "archgym.simulators.native._core" not in sys.modules:
    for _folder, _package in _PACKAGES.items():
        for _file in Path(os.environ["ARCHGYM_CORES"], _folder).glob("_*.so"):
            _name = f"{_package}.{_file.name.partition('.')[0]}"
            _spec = importlib.util.spec_from_file_location(_name, _file)
            assert _spec is not None
            assert _spec.loader is not None
            sys.modules[_name] = importlib.util.module_from_spec(_spec)
            _spec.loader.exec_module(sys.modules[_name])
