"""How the two workers of the end-to-end tests share the cluster: what is marked `alone` runs beside nothing."""

import os
import subprocess
import sys

from tests.support.processes import ROOT

HOOK = """
from tests.e2e import lanes
pytest_runtest_protocol = lanes.pytest_runtest_protocol
"""
TESTS = """
import time
from pathlib import Path
import pytest

SAID = Path(__file__).with_name("said")
BEGUN = Path(__file__).with_name("begun")

def say(word):
    with SAID.open("a") as file:
        file.write(word + " ")

@pytest.mark.xdist_group("cluster")
def test_flagship():
    while not BEGUN.exists():  # both workers are at work, however slowly the other one started
        time.sleep(0.05)
    say("flagship")

@pytest.mark.alone
@pytest.mark.xdist_group("cluster")
def test_alone():
    say("alone")

@pytest.mark.beside
@pytest.mark.xdist_group("beside")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_beside(number):
    BEGUN.touch()
    time.sleep(0.7)
    say(f"beside-{number}")
"""


def test_what_is_alone_waits_for_the_last_test_of_the_other_worker(tmp_path):
    (tmp_path / "test_shared.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(HOOK)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    alone\n    beside\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # each plugin costs each process
    options = ["-p", "xdist", "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=tmp_path, env=environment, capture_output=True, text=True
    )  # the limit of every test ends it, too, if the workers wait for each other
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "said").read_text().split() == ["flagship", "beside-1", "beside-2", "beside-3", "alone"]
