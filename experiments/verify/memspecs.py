"""Systems from a folder of DRAMSys's configurations: `memspec/*.json`, `addressmapping/*.json`."""

import json
from pathlib import Path
from typing import Any

import numpy as np

import archgym
from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces.trace import Trace

# What levels a plain mapping has, from the lowest address bits up: the key of what they count, and
# of what they are to be divided by.
_LEVELS = (
    ("COLUMN_BIT", "nbrOfColumns", None),
    ("STACK_BIT", "nbrOfStacks", None),
    ("PSEUDOCHANNEL_BIT", "nbrOfPseudoChannels", None),
    ("BANKGROUP_BIT", "nbrOfBankGroups", "nbrOfStacks"),
    ("BANK_BIT", "nbrOfBanks", "nbrOfBankGroups"),
    ("ROW_BIT", "nbrOfRows", None),
    ("RANK_BIT", "nbrOfRanks", None),
    ("CHANNEL_BIT", "nbrOfChannels", None),
)

_ONE_READ = Trace(np.zeros(1, np.int64), np.zeros(1, np.uint64), np.zeros(1, bool))


def read_folder(configs: Path) -> tuple[dict[str, list[System]], list[str]]:
    """Reads every memspec, with a plain address mapping and each of the folder's that fits.

    Returns:
        The systems of each memspec that can be simulated; and why each other can't.
    """
    mappings = [_read(path)["addressmapping"] for path in configs.glob("addressmapping/*.json")]
    loaded: dict[str, list[System]] = {}
    refused: list[str] = []
    for path in sorted(configs.glob("memspec/*.json")):
        memspec = _read(path)["memspec"]
        if memspec["memoryType"] not in STANDARDS:
            refused.append(f"{path.stem}: {memspec['memoryType']} is not simulated")
            continue
        try:
            plain = System(_device(path.stem, memspec, _plain_mapping(memspec)))
            archgym.simulate({}, Workload(plain, _ONE_READ))
        except ArchgymError as error:
            refused.append(str(error))
            continue
        loaded[path.stem] = [plain]
        for mapping in mappings:
            try:
                loaded[path.stem].append(System(_device(path.stem, memspec, mapping)))
            except ArchgymError:
                continue  # made for another memspec
    return loaded, refused


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _device(name: str, memspec: dict[str, Any], mapping: dict[str, Any]) -> Device:
    data = {
        "name": name,
        "player_clock_MHz": 1e-6 / memspec["memtimingspec"]["tCK"],
        "bytes_per_request": _bytes_per_beat(memspec) * _count(memspec, "burstLength"),
        "addressmapping": mapping,
        "memspec": memspec,
    }
    return Device.from_dict(data, name)


def _plain_mapping(memspec: dict[str, Any]) -> dict[str, list[int]]:
    # Columns of HBM are whole bursts.
    per_burst = "nbrOfPseudoChannels" in memspec["memarchitecturespec"]
    size = _bytes_per_beat(memspec) * (_count(memspec, "burstLength") if per_burst else 1)
    counts = {"BURST_BIT" if per_burst else "BYTE_BIT": size}
    for level, key, divisor in _LEVELS:
        counts[level] = _count(memspec, key) // (_count(memspec, divisor) if divisor else 1)
    mapping, lowest = {}, 0
    for level, count in counts.items():
        above = lowest + count.bit_length() - 1
        mapping[level], lowest = list(range(lowest, above)), above
    return mapping


def _bytes_per_beat(memspec: dict[str, Any]) -> int:
    return _count(memspec, "width") * _count(memspec, "nbrOfDevices") // 8


def _count(memspec: dict[str, Any], key: str) -> int:
    return int(memspec["memarchitecturespec"].get(key, 1))
