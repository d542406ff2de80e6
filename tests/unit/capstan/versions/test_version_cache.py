"""Downloaded versions: each once for all processes, complete or not there, bounded by number, size and age."""

import gc
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import version_cache
from capstan.versions.version_cache import LONGEST, MOST, PARTIAL, hold, trim

HOLD = """
import sys, time
from pathlib import Path
from capstan.versions.version_cache import hold

def download(folder):
    (folder / "model").write_text("whole")
    print("downloading", flush=True)
    if sys.argv[2] == "slow":
        time.sleep(60)

files = hold("plain", sys.argv[1], download)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


def write(folder: Path) -> None:
    (folder / "model").write_text("whole")


def refuse(_: Path) -> None:
    raise AssertionError("downloaded again")


def entries() -> set[str]:
    return {path.name for path in version_cache.root().glob("*/*")}


def other(entry: str, how: str = "fast") -> subprocess.Popen:
    """Start a process that holds a version until its input ends; return when it downloads or holds it."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, entry, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline()
    return child


def test_version_is_downloaded_once():
    first = hold("plain", "1", write)
    assert (first.path / "model").read_text() == "whole"
    assert hold("plain", "1", refuse).path == first.path


def test_versions_of_the_same_number_are_told_apart_by_their_id():
    assert hold("plain", "1-aa", write).path != hold("plain", "1-bb", write).path


def test_failed_download_leaves_nothing_and_is_tried_again():
    def fail(folder: Path) -> None:
        write(folder)
        raise CapstanError("cut off")

    with pytest.raises(CapstanError, match="cut off"):
        hold("plain", "1", fail)
    assert entries() == set()
    assert hold("plain", "1", write).path.exists()


def test_the_number_of_unused_versions_is_bounded_and_the_latest_used_stay():
    held = hold("plain", "0", write)
    os.utime(held.path, (0, 0))
    for number in range(1, MOST + 6):
        now = time.time() - 1000 + number
        os.utime(hold("plain", str(number), write).path, (now, now))
    gc.collect()
    trim()
    assert entries() == {"0", *map(str, range(6, MOST + 6))}  # the one in use next to the bound
    assert (held.path / "model").exists()


def test_the_size_of_unused_versions_is_bounded(monkeypatch):
    monkeypatch.setattr(version_cache, "BYTES", 12)  # two of five bytes
    for number in ("1", "2", "3"):
        now = time.time() - 1000 + int(number)
        os.utime(hold("plain", number, write).path, (now, now))
    gc.collect()
    trim()
    assert entries() == {"2", "3"}


def test_unused_versions_go_by_age():
    for number in ("1", "2"):
        path = hold("plain", number, write).path
    os.utime(path, (0, time.time() - LONGEST - 60))
    hold("other", "1", write)
    assert entries() == {"1"} and not path.exists()
    assert (version_cache.root() / "plain" / "1").exists()


def test_use_counts_not_the_download():
    path = hold("plain", "1", write).path
    os.utime(path, (0, 0))
    hold("plain", "1", refuse)
    trim()
    assert path.exists()


def test_version_that_another_process_uses_stays_until_that_is_killed():
    child = other("1")
    assert child.stdout.readline() == "held\n"
    path = version_cache.root() / "plain" / "1"
    os.utime(path, (0, 0))
    trim()
    assert path.exists()
    child.kill()
    child.communicate()
    trim()
    assert not path.exists()


def test_killed_download_is_no_version_and_goes():
    child = other("1", "slow")
    (partial,) = entries()
    assert partial.startswith(PARTIAL)
    os.utime(version_cache.root() / "plain" / partial, (0, 0))
    trim()
    assert entries() == {partial}  # it goes on
    child.kill()
    child.communicate()
    trim()
    assert entries() == set()
    assert (hold("plain", "1", write).path / "model").read_text() == "whole"


def test_processes_that_begin_together_share_one_version():
    def slow(folder: Path) -> None:
        write(folder)
        time.sleep(0.2)

    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda _: hold("plain", "1", slow), range(8)))
    assert {files.path for files in held} == {version_cache.root() / "plain" / "1"} and entries() == {"1"}


def test_versions_stay_usable_while_others_are_removed(monkeypatch):
    """The holder of a version finds its files, however often others trim."""
    monkeypatch.setattr(version_cache, "MOST", 0)

    def use(number: int) -> bool:
        files = hold("plain", str(number % 3), write)
        return (files.path / "model").read_text() == "whole"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(300)))


def test_disk_that_cannot_be_written_is_told(home):
    (home / "versions").write_text("in the way")
    with pytest.raises(CapstanError, match=r"could not be written .* Free space or set CAPSTAN_HOME"):
        hold("plain", "1", write)


def test_damaged_files_are_discarded_and_not_what_another_process_has_downloaded_since(home):
    damaged = [version_cache.hold("made", "1", lambda folder: (folder / "a").write_text("damaged")) for _ in range(2)]
    version_cache.discard(damaged[0])
    whole = version_cache.hold("made", "1", lambda folder: (folder / "a").write_text("whole"))
    version_cache.discard(damaged[1])  # of the same files, which are gone
    assert (whole.path / "a").read_text() == "whole" and len(list(whole.path.parent.iterdir())) == 1
