"""What `capstan run` and `capstan monitor` show of a run."""

import os
import pty
from pathlib import Path

import pytest

from cli.run import Progress


@pytest.mark.parametrize("terminal", [True, False])
def test_stages_are_lines_of_standard_error_on_a_terminal_alone(terminal, tmp_path, monkeypatch):
    ours, theirs = pty.openpty() if terminal else (os.open(tmp_path / "error", os.O_RDWR | os.O_CREAT),) * 2
    with os.fdopen(os.dup(theirs), "w") as error:
        monkeypatch.setattr("sys.stderr", error)
        with Progress(quiet=False) as progress:
            progress.on_event("check-live", "started", 0.0)
            progress.on_event("checking 5 predictions", "stage", 0.0)
    output = os.read(ours, 1000).decode() if terminal else Path(tmp_path / "error").read_text()
    assert output == ("         checking 5 predictions ...\r\n" if terminal else "")


def test_quiet_run_shows_no_stage(capsys):
    with Progress(quiet=True) as progress:
        progress.shows_stages = True
        progress.on_event("checking 5 predictions", "stage", 0.0)
    assert capsys.readouterr() == ("", "")
