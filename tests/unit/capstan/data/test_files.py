"""Tables are written whole or not at all, and digests follow content."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from capstan.data.files import digest, read_tables, sums, write_table, write_tables
from capstan.errors import CapstanError
from capstan.settings import ROOT

# A limit on the size of files stands in for a full disk: the system refuses the write in the middle of the file.
FULL = """
import resource, signal, sys
import numpy as np, pandas as pd
from capstan.errors import CapstanError
from capstan.data.files import write_table
frame = pd.DataFrame({"value": np.random.default_rng(0).random(200_000)})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_table(frame, sys.argv[1])
except CapstanError as error:
    print(error)
    sys.exit(1)
"""


def write_on_full_disk(path: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT)


def test_full_disk_leaves_no_file_and_says_what_to_do(tmp_path):
    path = tmp_path / "tables" / "flights.parquet"
    done = write_on_full_disk(path)
    assert done.returncode == 1, done.stderr
    assert str(path) in done.stdout and "Free space or set CAPSTAN_HOME" in done.stdout
    assert list(path.parent.iterdir()) == []


def test_full_disk_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "flights.parquet"
    before = pd.DataFrame({"value": [1.0, 2.0]})
    write_table(before, path)
    assert write_on_full_disk(path).returncode == 1
    pd.testing.assert_frame_equal(pd.read_parquet(path), before)
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CapstanError, match="file"):
        write_tables({"flights": pd.DataFrame({"value": [1]})}, tmp_path / "file" / "tables")


def test_folder_in_the_place_of_a_table_is_a_clear_error_and_leaves_nothing_else(tmp_path):
    (tmp_path / "flights.parquet" / "inner").mkdir(parents=True)
    with pytest.raises(CapstanError, match="could not be written"):
        write_table(pd.DataFrame({"value": [1]}), tmp_path / "flights.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["flights.parquet"]


def test_table_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    mixed = pd.DataFrame({"value": [1, "one"]})
    with pytest.raises(Exception, match="value"):
        write_table(mixed, tmp_path / "mixed.parquet")
    assert list(tmp_path.iterdir()) == []


def test_tables_come_back_with_their_names_and_times(tmp_path):
    frame = pd.DataFrame(
        {"at": pd.to_datetime(["2013-06-01T12:00:00.123456Z"]), "name": [None], "value": [float("nan")]}
    )
    write_tables({"b": frame, "a": frame.head(0)}, tmp_path)
    tables = read_tables(tmp_path)
    assert list(tables) == ["a", "b"] and tables["a"].empty
    assert tables["b"].loc[0, "at"] == frame.loc[0, "at"]
    assert str(tables["b"]["at"].dtype) == "datetime64[us, UTC]"


def test_digest_follows_content_and_name_and_not_time(tmp_path):
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "a").write_text("one")
    (folder / "inner" / "b").write_text("two")
    first = digest(folder)
    assert len(first) == 16 and int(first, 16) >= 0
    os.utime(folder / "a", (0, 0))
    assert digest(folder) == first
    (folder / "a").write_text("One")
    changed = digest(folder)
    (folder / "a").rename(folder / "c")
    (folder / "c").write_text("one")
    assert len({first, changed, digest(folder)}) == 3


def test_digest_does_not_run_its_parts_together():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("c", "ab")}) == 4


def test_digest_of_a_folder_does_not_see_compiled_modules(tmp_path):
    """A step that imports a version's source leaves them in an artifact of the cache."""
    (tmp_path / "task.py").write_text("x = 1")
    before = digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "task.cpython-311.pyc").write_bytes(b"compiled")
    assert digest(tmp_path) == before
    (tmp_path / "task.py").write_text("x = 2")
    assert digest(tmp_path) != before


def test_sums_name_each_file_by_its_place_and_see_what_was_swapped_or_moved(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_text("1")
    (tmp_path / "a" / "b" / "one").write_text("2")
    before = sums(tmp_path / "a")
    assert set(before) == {"one", "b/one"} and all(len(total) == 64 for total in before.values())
    assert sums(tmp_path / "a" / "one") == {"": before["one"]}
    (tmp_path / "a" / "one").write_text("2")
    (tmp_path / "a" / "b" / "one").write_text("1")
    assert sums(tmp_path / "a") == {"one": before["b/one"], "b/one": before["one"]}
