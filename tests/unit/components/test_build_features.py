"""Features of the days that changed: the feature tables and the training set are as if all had been built."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from capstan import catalogue
from capstan.catalogue import load
from capstan.feature_window import FeatureWindow
from capstan.files import read_tables, write_tables
from capstan.settings import settings
from components.build_features.core import build_features
from pipelines.flight_delay import task

WINDOWED = [name for name in catalogue.names() if load(name).FEATURE_WINDOW]
FIRST, LAST = pd.Timestamp("2013-06-28", tz="UTC"), pd.Timestamp("2013-07-02", tz="UTC")
TIMES = task.FEATURE_WINDOW.times
# Ends its process by SIGKILL when a file comes to its place, before it is there.
KILLED = """
import os, signal, sys
from components.build_features.core import build_features

def hook(event, arguments):
    if event == "os.rename" and sys.argv[1] in str(arguments[1]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
build_features(*sys.argv[2:], keep=True)
"""

pytestmark = pytest.mark.filterwarnings("ignore:On demand feature view")


def within(tables: dict, start: str, end: pd.Timestamp, times=TIMES) -> dict[str, pd.DataFrame]:
    """Return the raw rows of a time."""
    return {
        name: rows[(rows[times[name]] >= start) & (rows[times[name]] < end)].reset_index(drop=True)
        if name in times else rows
        for name, rows in tables.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def flights(tables) -> dict[str, pd.DataFrame]:
    """Every tenth flight of seven weeks."""
    return within(tables, "2013-05-15", LAST)


def paths(folder: Path, tables: dict) -> list[str]:
    """Write raw tables; return the paths that the step takes."""
    write_tables(tables, folder / "tables")
    return [str(folder / name) for name in ("tables", "features", "training_set", "counts.json")]


def built(folder: Path, tables: dict, name: str = "flight_delay", keep: bool = True) -> dict[str, pd.DataFrame]:
    """Return every feature table and the training set, in order of time, and the counts."""
    counts, version = build_features(name, *paths(folder, tables), keep=keep)
    made = read_tables(folder / "features") | read_tables(folder / "training_set")
    made = {key: rows.sort_values("event_timestamp", kind="stable", ignore_index=True) for key, rows in made.items()}
    return made | {"counts": pd.DataFrame([counts]).assign(version=version)}


def assert_as_from_scratch(folder: Path, made: dict, tables: dict, name: str = "flight_delay") -> None:
    expected = built(folder / "scratch", tables, name, keep=False)
    assert made.keys() == expected.keys()
    for key, rows in expected.items():
        pd.testing.assert_frame_equal(made[key], rows)


def changed(tables: dict, change: str) -> dict:
    """Return flights that came late, are corrected, or are gone; those of a day in the middle. Or other aircraft."""
    rows, day = tables["flights"], pd.Timestamp("2013-06-18", tz="UTC")
    on_day = (rows["sched_dep"] >= day) & (rows["sched_dep"] < day + timedelta(days=1))
    if change == "corrected":
        times = {name: rows[name].mask(on_day, rows[name] + timedelta(minutes=40)) for name in ("departed", "landed")}
        delays = {name: rows[name].mask(on_day, rows[name] + 40) for name in ("dep_delay", "arr_delay")}
        return tables | {"flights": rows.assign(**times, **delays)}
    if change == "late":
        more = rows[on_day].assign(carrier="B6", dest="BOS")
        return tables | {"flights": pd.concat([rows, more], ignore_index=True)}
    if change == "removed":
        return tables | {"flights": rows[~on_day].reset_index(drop=True)}
    return tables | {"planes": tables["planes"].assign(seats=tables["planes"]["seats"] + 1)}


def test_new_days_alone_are_built(home, flights, tmp_path, capsys):
    built(tmp_path / "first", within(flights, "2013", FIRST))
    assert "are as they were" not in capsys.readouterr().out
    files = set((settings().home / "features").rglob("month=*/*.parquet"))
    made = built(tmp_path / "second", flights)
    assert "before 2013-06-26 23:00 are as they were" in capsys.readouterr().out
    kept = {path for path in files if path.exists()}
    assert {path.parent.name for path in kept} >= {"month=2013-05"} and "month=2013-06" in str(files - kept)
    assert_as_from_scratch(tmp_path, made, flights)


@pytest.mark.parametrize("change", ["corrected", "late", "removed", "planes"])
def test_days_of_the_past_that_changed_are_built_again(home, flights, tmp_path, capsys, change):
    built(tmp_path / "first", flights)
    after = changed(flights, change)
    made = built(tmp_path / "second", after)
    said = "rows without a time" if change == "planes" else "before 2013-06-16 23:00 are as they were"
    assert said in capsys.readouterr().out
    assert_as_from_scratch(tmp_path, made, after)


def test_nothing_is_built_where_nothing_changed(home, flights, tmp_path, capsys):
    built(tmp_path / "first", flights)
    made = built(tmp_path / "second", flights)
    assert "built" not in capsys.readouterr().out
    assert_as_from_scratch(tmp_path, made, flights)


@pytest.mark.parametrize("at", ["/built/origin_delays/", "/built/training_set/", "/built/index.json"])
def test_build_that_was_killed_is_not_taken_for_one(home, flights, tmp_path, at):
    built(tmp_path / "first", within(flights, "2013", FIRST))
    [index] = (settings().home / "features").rglob("index.json")
    before = index.read_text()
    arguments = [at, "flight_delay", *paths(tmp_path / "killed", flights)]
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, *arguments], check=False)
    assert ended.returncode == -9 and index.read_text() == before
    made = built(tmp_path / "second", flights)
    assert_as_from_scratch(tmp_path, made, flights)
    left = set((settings().home / "features").rglob("month=*/*.parquet"))
    assert all(path.name in index.read_text() for path in left)  # what the killed one left is gone


def test_file_that_was_damaged_is_not_used(home, flights, tmp_path, capsys):
    built(tmp_path / "first", flights)
    part = next((settings().home / "features").rglob("month=2013-05/*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    made = built(tmp_path / "second", flights)
    assert "missing or damaged" in capsys.readouterr().out
    assert_as_from_scratch(tmp_path, made, flights)


def test_window_that_is_too_short_is_found(home, flights, tmp_path, capsys, monkeypatch):
    built(tmp_path / "first", within(flights, "2013", FIRST))
    monkeypatch.setattr(task, "FEATURE_WINDOW", FeatureWindow(TIMES, timedelta(hours=1), timedelta(hours=25)))
    made = built(tmp_path / "second", flights)
    assert "FEATURE_WINDOW is too short" in capsys.readouterr().out
    assert_as_from_scratch(tmp_path, made, flights)


@pytest.mark.parametrize("name", WINDOWED)
def test_each_capstone_with_a_window_is_as_from_scratch(home, tmp_path, capsys, name):
    """Of a tenth of its rows of the last two months: their last day is new."""
    times, loaded = load(name).FEATURE_WINDOW.times, load(name).load(None)
    last = max(loaded[table][column].max() for table, column in times.items()).normalize()
    start = str(last - timedelta(days=60))
    built(tmp_path / "first", within(loaded, start, last, times), name)
    after = within(loaded, start, last + timedelta(days=1), times)
    made = built(tmp_path / "second", after, name)
    assert "are as they were" in capsys.readouterr().out
    assert_as_from_scratch(tmp_path, made, after, name)
