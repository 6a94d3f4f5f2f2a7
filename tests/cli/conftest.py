"""Runs the command line in this process."""

import pytest

from archgym.cli import main


@pytest.fixture
def archgym(tmp_path, monkeypatch, capfd):
    """Runs a command in an empty folder; returns what it printed and checks that it succeeded."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert ended.value.code == code, err
        return out, err

    return run
