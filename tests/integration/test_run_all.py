"""`capstan run --all` in a checkout of two capstones: both are reported, and the one that fails stops no other."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import HANG_SECONDS, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
GOOD, BROKEN = "whole", "a_broken_one"  # the broken one is the first of the list


@pytest.fixture
def checkout(tmp_path, place) -> Path:
    """A copy of the code whose only capstones are made by `capstan new`; the source of one is away."""
    folder = tmp_path / "checkout"
    packages = [path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]
    capstones = [path.parent.name for path in ROOT.glob("pipelines/*/task.py")]
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__", *(capstones if package == "pipelines" else []))
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for name in ("pyproject.toml", "requirements"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    for name in (GOOD, BROKEN):
        created = place("new", name, "--into", str(folder / "pipelines"))
        assert created.returncode == 0, created.stderr
    task = folder / "pipelines" / BROKEN / "task.py"
    away = 'from capstan.errors import CapstanError\n\n    raise CapstanError("The source is away. Try again.")'
    code, count = re.subn(r'(def load\(.*?""".*?""")', rf"\1\n    {away}", task.read_text(), count=1, flags=re.DOTALL)
    assert count == 1
    task.write_text(code)
    return folder


def test_each_capstone_runs_and_the_one_that_failed_says_why(checkout, place):
    environment = os.environ | place.environment | {"PYTHONPATH": str(checkout)}
    command = [sys.executable, "-m", "cli", "run", "--all", "--json", "--set", "seed=0", "--set", "nosuch=1"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 1, done.stderr
    runs = json.loads(done.stdout)
    assert [(run["capstone"], run["verdict"]) for run in runs] == [(BROKEN, "failed"), (GOOD, "accepted")]
    assert "The source is away. Try again." in runs[0]["error"]
