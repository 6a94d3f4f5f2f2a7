"""Bad input of any kind is one sentence on stderr and exit code 2, with nothing half-written."""

import json
from importlib import resources

import pytest

from archgym.cli import main

TRACE = "0: read 0x0\n3: write 0x40\n"


def device(change):
    """The default device's file, changed."""
    text = (resources.files("archgym.dram") / "devices/ddr4-2400.json").read_text()
    content = json.loads(text)
    change(content)
    return json.dumps(content)


def mapped(**levels):
    """The default device's file, with other bits at some levels of its address mapping."""
    return device(lambda content: content["addressmapping"].update(levels))


SAME_BIT_TWICE = mapped(BANK_BIT=[[15, 16], [15, 16]])
BIT_IN_TWO_LEVELS = mapped(BANK_BIT=[15, 17])
TOO_FEW_BANK_BITS = mapped(BANK_BIT=[15], ROW_BIT=[*range(16, 32)])
TOO_MANY_BANK_BITS = mapped(BANK_BIT=[15, 16, 32])
BIT_IN_NO_LEVEL = mapped(BANK_BIT=[15, 33])
OF_NO_STANDARD = device(lambda content: content["memspec"].update(memoryType="DDR9"))
STUDY = 'budget = 4\nseeds = 1\nworkloads = ["stream"]\n[agents.random_search]\n'
CONTROLLER_STUDY = 'space = "controller-v1"\n' + STUDY

CASES = {
    "malformed trace line": (
        {"t.stl": TRACE + "7: fetch 0x80\n"},
        ["simulate", "--trace", "t.stl"],
        ["t.stl", "3"],
    ),
    "empty trace": ({"t.stl": ""}, ["simulate", "--trace", "t.stl"], ["t.stl"]),
    "missing trace": ({}, ["simulate", "--trace", "t.stl"], ["t.stl"]),
    "trace of no known format": (
        {"t.trc": "no trace\n"},
        ["simulate", "--trace", "t.trc"],
        ["t.trc:1", "no known trace format", "dramsim3"],
    ),
    "trace to convert that is cut off": (
        {"t.stl": TRACE + "9: re"},
        ["trace", "convert", "t.stl", "t.csv", "--device", "ddr4-2400"],
        ["t.stl:3", "expected"],
    ),
    "trace to convert without a clock": (
        {"t.stl": TRACE},
        ["trace", "convert", "t.stl", "t.csv"],
        ["t.stl", "--from-clock-mhz or --device"],
    ),
    "trace to convert to no known format": (
        {"t.stl": TRACE},
        ["trace", "convert", "t.stl", "t.xyz", "--from-clock-mhz", "1000"],
        ["t.xyz", ".dramsim3"],
    ),
    "trace that the format can't hold": (
        {"t.stl": TRACE + "3: write 0x80\n"},
        ["trace", "convert", "t.stl", "t.simpleo3", "--from-clock-mhz", "1000"],
        ["t.stl:3", "simpleo3"],
    ),
    "address beyond the device": (
        {"t.stl": TRACE + "9: read 0x10000000000\n"},
        ["simulate", "--trace", "t.stl"],
        ["t.stl", "0x10000000000", "ddr4-2400"],
    ),
    "unknown parameter": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"PagePolici": "Open"}'],
        ["'PagePolici'", "did you mean 'PagePolicy'"],
    ),
    "unknown value": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"PagePolicy": "Opn"}'],
        ["PagePolicy", "did you mean 'Open'"],
    ),
    "value out of range": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"RequestBufferSize": 0}'],
        ["RequestBufferSize", "1"],
    ),
    "value of another type": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"RequestBufferSize": "8"}'],
        ["RequestBufferSize"],
    ),
    "design that is no JSON": (
        {},
        ["simulate", "--trace", "stream", "--design", "{PagePolicy: Open}"],
        ["--design", "JSON object"],
    ),
    "design that is no object": (
        {"design.json": "[1]"},
        ["simulate", "--trace", "stream", "--design", "@design.json"],
        ["design.json", "JSON object"],
    ),
    "missing design file": (
        {},
        ["simulate", "--trace", "stream", "--design", "@design.json"],
        ["design.json"],
    ),
    "unknown workload": (
        {},
        ["simulate", "--trace", "straem"],
        ["'straem'", "did you mean 'stream'"],
    ),
    "unknown device": (
        {},
        ["simulate", "--trace", "stream", "--device", "ddr4-2401"],
        ["'ddr4-2401'", "did you mean 'ddr4-2400"],
    ),
    "unknown simulator": (
        {},
        ["simulate", "--trace", "stream", "--simulator", "nativ"],
        ["'nativ'", "did you mean 'native'"],
    ),
    "device that is not simulated": (
        {"d.json": OF_NO_STANDARD},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["native", "DDR9"],
    ),
    "refresh policy that the device does not have": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"RefreshPolicy": "PerBank"}'],
        ["ddr4-2400", "AllBank, not PerBank"],
    ),
    "space of a device that is not simulated": (
        {"d.json": OF_NO_STANDARD, "spec.toml": 'device = "d.json"\n' + CONTROLLER_STUDY},
        ["run", "spec.toml"],
        ["spec.toml", "space", "DDR9"],
    ),
    "unknown player": (
        {},
        ["simulate", "--trace", "stream", "--player", "close"],
        ["'close'", "did you mean 'closed'"],
    ),
    "closed player without a limit": (
        {},
        ["simulate", "--trace", "stream", "--player", "closed"],
        ["max_outstanding"],
    ),
    "closed player's option for an open one": (
        {},
        ["simulate", "--trace", "stream", "--max-outstanding", "8"],
        ["max_outstanding", "closed"],
    ),
    "closed player that may ask for nothing": (
        {},
        ["simulate", "--trace", "stream", "--player", "closed", "--max-outstanding", "0"],
        ["max_outstanding", "1 to 65536"],
    ),
    "think time that is no time": (
        {},
        ["simulate", "--trace", "stream", "--think-time", "nan"],
        ["--think-time", "nan"],
    ),
    "timeline in no folder": (
        {"t.stl": TRACE},
        ["simulate", "--trace", "t.stl", "--timeline", "nowhere/t.pftrace"],
        ["nowhere/t.pftrace", "No such file"],
    ),
    "timeline of a design that can't be simulated": (
        {},
        ["simulate", "--trace", "stream", "--design", '{"CmdMux": "Strict"}', "--timeline", "t"],
        ["CmdMux"],
    ),
    "timeline of requests that do not arrive": (
        {},
        ["simulate", "--trace", "pointer-chase", "--timeline", "t"],
        ["--timeline", "--player open"],
    ),
    "timeline of an unknown simulator": (
        {},
        ["simulate", "--trace", "stream", "--simulator", "nativ", "--timeline", "t"],
        ["simulator 'nativ'", "did you mean 'native'"],
    ),
    "missing device file": (
        {},
        ["simulate", "--trace", "stream", "--device", "./d.json"],
        ["d.json"],
    ),
    "device file that is no device": (
        {"d.json": "{}"},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json"],
    ),
    "mapping whose bits are not independent": (
        {"d.json": SAME_BIT_TWICE},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json", "not invertible"],
    ),
    "mapping with a bit in two levels": (
        {"d.json": BIT_IN_TWO_LEVELS},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json", "not invertible"],
    ),
    "mapping with a bit in no level": (
        {"d.json": BIT_IN_NO_LEVEL},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json", "not invertible"],
    ),
    "mapping with too few bits at a level": (
        {"d.json": TOO_FEW_BANK_BITS},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json", "1 bits at BANK_BIT"],
    ),
    "mapping with too many bits at a level": (
        {"d.json": TOO_MANY_BANK_BITS},
        ["simulate", "--trace", "stream", "--device", "d.json"],
        ["d.json", "3 bits at BANK_BIT"],
    ),
    "unknown command": ({}, ["simulat"], ["simulat", "simulate"]),
    "unknown option": ({}, ["simulate", "--trce", "stream"], ["--trce"]),
    "missing option": ({}, ["simulate"], ["--trace"]),
    "unknown kind": ({}, ["list", "agent"], ["agent", "agents"]),
    "missing spec": ({}, ["run", "spec.toml"], ["spec.toml"]),
    "spec that is no TOML": ({"spec.toml": "budget = "}, ["run", "spec.toml"], ["spec.toml"]),
    "spec with an unknown key": (
        {"spec.toml": "budgit = 1\n" + STUDY},
        ["run", "spec.toml"],
        ["spec.toml", "did you mean 'budget'"],
    ),
    "spec with an unknown agent": (
        {"spec.toml": STUDY + "[agents.random_serch]\n"},
        ["run", "spec.toml"],
        ["spec.toml", "did you mean 'random_search'"],
    ),
    "spec with an unknown setting of a player": (
        {"spec.toml": STUDY.replace('"stream"', '{ name = "stream", player = { max = 8 } }')},
        ["run", "spec.toml"],
        ["spec.toml", "workloads", "'max'", "max_outstanding"],
    ),
    "spec with an unknown workload": (
        {"spec.toml": STUDY.replace("stream", "straem")},
        ["run", "spec.toml"],
        ["spec.toml", "did you mean 'stream'"],
    ),
    "output below a file": (
        {"spec.toml": STUDY, "file": ""},
        ["run", "spec.toml", "--out", "file/out"],
        ["file/out"],
    ),
    "unknown agent": (
        {},
        ["compare", "--agents", "random_serch", "--workloads", "stream"],
        ["did you mean 'random_search'"],
    ),
    "unknown workload to compare on": (
        {},
        ["compare", "--agents", "random_search", "--workloads", "straem"],
        ["did you mean 'stream'"],
    ),
    "unknown space": (
        {},
        ["compare", "--agents", "random_search", "--workloads", "stream", "--space", "archgim"],
        ["did you mean 'archgym'"],
    ),
    "unknown objective": (
        {},
        ["compare", "--agents", "random_search", "--workloads", "stream", "--objective", "laten"],
        ["did you mean 'latency'"],
    ),
    "objective without the currents for it": (
        {},
        [
            *("compare", "--agents", "random_search", "--workloads", "stream"),
            *("--device", "hbm2", "--objective", "runtime with power <= 1.1x"),
        ],
        ["compare: objectives", "stream on hbm2: the objective needs energy_nj"],
    ),
    "study of the energy of a device without currents": (
        {"spec.toml": 'device = "hbm2"\nobjectives = ["runtime", "energy"]\n' + STUDY},
        ["run", "spec.toml"],
        ["spec.toml: objectives, 'energy' of stream on hbm2: the objective needs energy_nj"],
    ),
    "limit without a unit": (
        {},
        [
            "compare",
            "--agents",
            "random_search",
            "--workloads",
            "stream",
            "--objective",
            "power with runtime <= 1.05",
        ],
        ["'runtime <= 1.05ns'", "'runtime <= 1.05x'"],
    ),
    "budget of nothing": (
        {},
        ["compare", "--agents", "random_search", "--workloads", "stream", "--budget", "0"],
        ["--budget"],
    ),
    "output to compare in that is a file": (
        {"out": ""},
        ["compare", "--agents", "random_search", "--workloads", "stream", "--out", "out"],
        ["out"],
    ),
    "table of what is unknown": (
        {},
        ["enumerate", "--workload", "straem", "--out", "table"],
        ["did you mean 'stream'"],
    ),
    "table of a space too large": (
        {},
        ["enumerate", "--workload", "stream", "--space", "controller-v1", "--out", "table"],
        ["controller-v1@ddr4-2400", "182,669,760", "limit"],
    ),
    "table below a file": (
        {"file": ""},
        ["enumerate", "--workload", "stream", "--out", "file/table"],
        ["file/table"],
    ),
    "table of nowhere": (
        {},
        ["simulate", "--trace", "stream", "--simulator", "tabular:nowhere"],
        ["nowhere", "table.json"],
    ),
    "table that is none": (
        {"table.json": "{}"},
        ["simulate", "--trace", "stream", "--simulator", "tabular:."],
        ["table.json", "schema version None"],
    ),
    "simulator that takes no argument": (
        {},
        ["simulate", "--trace", "stream", "--simulator", "native:x"],
        ["native", "not native:x"],
    ),
    "folder without reference runs": ({}, ["validate", "."], ["runs.csv"]),
    "missing reference folder": ({}, ["validate", "nowhere"], ["nowhere"]),
    "reference runs of another form": ({"runs.csv": "a,b\n"}, ["validate", "."], ["runs.csv"]),
}


@pytest.mark.parametrize(("files", "arguments", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input(tmp_path, monkeypatch, capfd, files, arguments, words):
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capfd.readouterr()
    assert ended.value.code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert {path.name for path in tmp_path.rglob("*")} == set(files)
