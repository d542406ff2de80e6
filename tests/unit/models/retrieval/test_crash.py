"""kill -9 at any write, or no power: the index opens and is whole, and no commit that returned is lost."""

import json
import os
import subprocess
import sys

import pytest

from models.retrieval import manifest
from tests.support.processes import ROOT
from tests.unit.models.retrieval import crashing
from tests.unit.models.retrieval.power import Disk

pytestmark = pytest.mark.rotating


def test_a_writer_may_be_killed_at_each_of_its_calls(tmp_path):
    command = [sys.executable, "-m", "tests.unit.models.retrieval.crashing", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert {kill["commits"] for kill in kills} == set(
        range(6)
    )  # before the first commit, between any two, after the last
    assert len(kills) > 150
    for kill in kills:
        assert kill["whole"] and kill["goes_on"] and kill["strays"] == 0, kill
        assert kill["commits"] in (kill["told"], kill["told"] + 1), kill  # the last one may count and not be reported


def test_the_power_may_go_at_each_of_its_calls(tmp_path, monkeypatch):
    states = crashing.expected(tmp_path)
    with monkeypatch.context() as patched:
        disk = Disk(tmp_path / "index", patched)
        crashing.work(tmp_path / "index", disk.tell)
    seen = set()
    for steps in range(len(disk.log) + 1):
        for lost in ("nothing", "data", "names", "both"):
            told, files = disk.after(steps, lost)
            folder = tmp_path / f"{steps}-{lost}"
            folder.mkdir()
            for name, data in files.items():
                (folder / name).write_bytes(data)
            if manifest.FILE not in files:
                assert told == 0
                continue
            commits = manifest.read(folder).commits
            assert commits in (told, told + 1)
            assert crashing.found(folder) == states[commits], (steps, lost)
            seen.add((commits, lost))
    assert len(seen) == 6 * 4


def test_the_disk_of_these_tests_loses_what_nobody_waited_for(tmp_path, monkeypatch):
    """A writer that does not wait for the disk is found out."""
    with monkeypatch.context() as patched:
        disk = Disk(tmp_path, patched)
        (tmp_path / "a").write_text("")
        descriptor = os.open(tmp_path / "a", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, b"one")
        os.close(descriptor)
        (tmp_path / "a").replace(tmp_path / "b")
        disk.tell()
    assert disk.after(9, "nothing") == (1, {"b": b"one"})
    assert disk.after(9, "data") == (1, {"b": b""})
    assert disk.after(9, "names") == (1, {})
