"""A thread that is left at work is noticed, with the file that left it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

FIRST = """
import threading, time

def work():
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        pass

def test_first():
    threading.Thread(target=work, daemon=True).start()
"""
SECOND = "import time\n\ndef test_second():\n    time.sleep(4)\n"
THIRD = "def test_third():\n    pass\n"


@pytest.mark.parametrize(("seconds", "failed"), [(60, True), (0.1, False)])
def test_thread_that_is_left_at_work_fails_a_later_test(tmp_path: Path, seconds: float, failed: bool):
    for name, content in {"a": FIRST.format(seconds=seconds), "b": SECOND, "c": THIRD}.items():
        (tmp_path / f"test_{name}.py").write_text(content)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.threads", "-c", "/dev/null", "-q", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == int(failed), done.stdout
    assert ("(work), which tests of" in done.stdout and "test_a.py have left" in done.stdout) is failed
