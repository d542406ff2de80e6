"""A folder is read once, also where the process is killed in between."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from capstan.errors import CapstanError
from pipelines.documents import batch
from tests.support import made_files
from tests.support.processes import HANG_SECONDS, wait_until

pytestmark = pytest.mark.rotating

COUNT = 30
PROGRAM = """
import functools, json, pickle, sys
from pathlib import Path
from pipelines.documents import batch
folder, out, model = map(Path, sys.argv[1:])
def load(path):
    return pickle.loads(path.read_bytes())
print(json.dumps(batch.run(folder, out, functools.partial(load, model), "1")))
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory, served) -> tuple[Path, Path]:
    """A folder of documents, some of them bad, and a model in a file."""
    folder = tmp_path_factory.mktemp("asked")
    for number in range(COUNT):
        (folder / f"{number}.txt").write_text(f"Anna Berg of NASA saw {number} planets near Houston. They were new.")
    (folder / "more").mkdir()
    (folder / "more" / "0.txt").write_bytes((folder / "0.txt").read_bytes())  # the same text is another document
    (folder / "paper.pdf").write_bytes(made_files.pdf(made_files.said("A method finds planets near stars.")))
    (folder / "secret.pdf").write_bytes(made_files.encrypted("secret"))
    (folder / "bomb.docx").write_bytes(made_files.docx(made_files.BOMB))
    model = tmp_path_factory.mktemp("model") / "model.pkl"
    model.write_bytes(pickle.dumps(served))
    return folder, model


def command(asked: tuple[Path, Path], out: Path) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(asked[0]), str(out), str(asked[1])]


def summary(stdout: str) -> dict[str, int]:
    """Return what a run counted. Ray prints, too."""
    [line] = [line for line in stdout.splitlines() if line.startswith("{")]
    return json.loads(line)


def answers(out: Path) -> dict[str, str]:
    """Return the line of each document. No document may have two."""
    lines = [line for name in (batch.ANSWERS, batch.REFUSALS) for line in (out / name).read_text().splitlines()]
    named = {json.loads(line)["path"]: line for line in lines}
    assert len(named) == len(lines)
    return named


def works(process: psutil.Process) -> bool:
    """Return whether a process is there, and no zombie that nobody waits for."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_run_goes_on_and_ends_as_one_that_was_not(asked, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = subprocess.run(command(asked, whole), capture_output=True, text=True, timeout=HANG_SECONDS, check=True)
    wanted = {"documents": COUNT + 4, "answered": COUNT + 2, "refused": 2}
    assert summary(done.stdout) == wanted

    process = subprocess.Popen(command(asked, killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (killed / batch.ANSWERS).is_file() or not (killed / batch.ANSWERS).stat().st_size:
        assert process.poll() is None
        time.sleep(0.05)
    started = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len((killed / batch.ANSWERS).read_text().splitlines()) < COUNT
    # Ray's own agents take minutes to end.
    agents = [child for child in started if works(child) and "Agent" in child.name()]
    workers = [child for child in started if child not in agents]
    wait_until(lambda: not any(map(works, workers)))  # Ray ends with the process that started it
    for agent in agents:
        agent.kill()
    with (killed / batch.ANSWERS).open("a") as file:
        file.write('{"path": "1.tx')  # as a kill within a write leaves it
    done = subprocess.run(command(asked, killed), capture_output=True, text=True, timeout=HANG_SECONDS, check=True)
    assert summary(done.stdout) == wanted
    assert answers(killed) == answers(whole)
    assert "is encrypted" in answers(whole)["secret.pdf"] and "defines entities" in answers(whole)["bomb.docx"]
    with pytest.raises(CapstanError, match="of version 1, not 2"):
        batch.run(asked[0], whole, dict, "2")


def test_an_output_is_written_by_one_run_at_a_time(tmp_path):
    with batch._held(tmp_path, "1"), pytest.raises(CapstanError, match="Another run"):
        batch.run(tmp_path, tmp_path, dict, "1")
