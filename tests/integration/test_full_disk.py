"""A run whose state folder is on a full disk, and the next one when there is room again."""

import os
import subprocess

import pytest

from capstan.settings import ROOT
from tests.integration.conftest import CAPSTAN
from tests.integration.place import Place
from tests.support.processes import HANG_SECONDS

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


FILLED = """
    mount -t tmpfs -o size=1m none "$CAPSTAN_HOME" || exit 99
    head -c 2m /dev/zero > "$CAPSTAN_HOME/fill" 2> /dev/null
    "$@"; echo "exit code $?"
    rm "$CAPSTAN_HOME/fill"; ls -A "$CAPSTAN_HOME"
"""


@pytest.mark.parametrize(
    "command", [["up"], ["compile", "flight_delay", "-o", "{home}/a.yaml"], ["new", "renewal", "--into", "{home}/new"]]
)
def test_commands_on_a_full_disk_say_so_and_leave_nothing_half_written(tmp_path, command):
    place = Place(tmp_path / "home")
    place.home.mkdir()
    arguments = [part.format(home=place.home) for part in command]
    try:
        command = [*OWN_MOUNTS, FILLED, "sh", CAPSTAN, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | place.environment, timeout=HANG_SECONDS
        )
    finally:
        place.clear()
    assert "exit code 1\n" in done.stdout and "Traceback" not in done.stderr, done.stderr
    assert f"The disk is full: the file system at {place.home} has" in done.stderr
    assert not {"a.yaml", ".partial-a.yaml", "renewal"} & set(done.stdout.split())


def test_run_on_a_full_disk_says_so_and_the_next_one_goes_on(tmp_path):
    place = Place(tmp_path / "home")
    place.home.mkdir()
    place.environment["CAPSTAN_CAPSTONES"] = str(ROOT / "tests" / "capstones")
    try:
        command = [*OWN_MOUNTS, SCRIPT, "sh", CAPSTAN]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | place.environment, timeout=HANG_SECONDS
        )
    finally:
        place.clear()
    first, second, _ = done.stdout.split("exit code ")
    assert second.startswith("1\n") and "\nexit code 0\n" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and done.stderr.startswith("Error: ") and done.stderr.count("\nError: ") == 0
    assert f"The disk is full: the file system at {place.home} has" in done.stderr
    assert "failed" in first
