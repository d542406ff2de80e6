"""A run whose state folder is on a full disk, and the next one when there is room again."""

import os
import subprocess

import pytest

from capstan.settings import ROOT
from tests.integration.conftest import CAPSTAN
from tests.integration.place import Place

# A file system that only the command sees: nothing is mounted for others, and nothing stays.
OWN_MOUNTS = ["unshare", "--map-root-user", "--mount", "--kill-child", "sh", "-c"]
SCRIPT = """
    mount -t tmpfs -o size=1m none "$CAPSTAN_HOME" || exit 99
    "$@" run wine_cluster; echo "exit code $?"
    mount -o remount,size=1g "$CAPSTAN_HOME"
    "$@" run wine_cluster; echo "exit code $?"
    "$@" down
"""

pytestmark = [
    pytest.mark.rotating,
    pytest.mark.skipif(
        subprocess.run([*OWN_MOUNTS, "mount -t tmpfs none /mnt"], capture_output=True).returncode != 0,
        reason="this machine lets nobody mount",
    ),
]


def test_run_on_a_full_disk_says_so_and_the_next_one_goes_on(tmp_path):
    place = Place(tmp_path / "home")
    place.home.mkdir()
    place.environment["CAPSTAN_CAPSTONES"] = str(ROOT / "tests" / "capstones")
    try:
        command = [*OWN_MOUNTS, SCRIPT, "sh", CAPSTAN]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | place.environment, timeout=280)
    finally:
        place.clear()
    first, second, _ = done.stdout.split("exit code ")
    assert second.startswith("1\n") and "\nexit code 0\n" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("Error: ") == 1
    assert f"The disk is full: the file system at {place.home} has" in done.stderr
    assert "failed" in first
