"""Where a file is expected, anything else is refused at once, be it endless or without a writer."""

import os

import pytest

STREAM = ["simulate", "--trace", "stream"]
COMMANDS = {
    "design": [*STREAM, "--design", "@{}"],
    "device": [*STREAM, "--device", "{}"],
    "spec": ["run", "{}"],
    "dataset": ["dataset", "info", "{}"],
    "trajectory": ["dataset", "import", "{}", "--out", "out"],
    "timeline": [*STREAM, "--timeline", "{}"],
}


# A device of this machine is only read.
CASES = [(command, "pipe") for command in COMMANDS]
CASES += [(command, "/dev/zero") for command in COMMANDS if command != "timeline"]


@pytest.mark.parametrize(("command", "kind"), CASES)
def test_no_file(archgym, tmp_path, command, kind):
    os.mkfifo(tmp_path / "pipe")
    _, err = archgym(*(word.format(kind) for word in COMMANDS[command]), code=2)
    assert err.startswith("error: can't ")
    assert kind in err
    assert "it is a " in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
