"""Features of the days that changed: the feature tables and the training set are as if all had been built."""

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from capstan import catalogue, ray_workers
from capstan.catalogue import load
from capstan.contract.feature_window import FeatureWindow
from capstan.data.files import read_tables, write_tables
from capstan.settings import settings
from components.build_features.core import build_features, streams
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

SHOPS = """
from datetime import timedelta

from capstan.contract.bounds import at_least
from capstan.contract.feature_window import FeatureWindow

TITLE, THRESHOLDS = "How much is sold?", {"r2": at_least(0.5)}
FEATURE_SERVICE, ENTITY_KEYS = "shops", ["shop"]
FEATURE_WINDOW = FeatureWindow({"sales": "event_timestamp"}, back=timedelta(days=3))


def entity_rows(tables):
    return tables["sales"][["shop", "event_timestamp"]]


def feature_tables(tables):
    rows = tables["sales"].sort_values(["shop", "event_timestamp"], ignore_index=True)
    days = rows.groupby("shop").rolling("3D", on="event_timestamp")["sold"]
    return {"lately": rows[["shop", "event_timestamp"]].assign(sold=days.mean().to_numpy())}


def load(data_dir): ...


def split(tables): ...


def train(tables): ...


def evaluate(model, tables): ...
"""
SHOPS_FEATURES = """
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

shop = Entity(name="shop", value_type=ValueType.STRING)
lately = FeatureView(name="lately", entities=[shop], schema=[Field(name="sold", dtype=Float64)],
                     source=FileSource(path="lately.parquet", timestamp_field="event_timestamp"))
shops = FeatureService(name="shops", features=[lately])
"""

pytestmark = [pytest.mark.filterwarnings("ignore:On demand feature view"), pytest.mark.slow]


def within(tables: dict, start: str, end: pd.Timestamp, times=TIMES) -> dict[str, pd.DataFrame]:
    """Return the raw rows of a time."""
    return {
        name: rows[(rows[times[name]] >= start) & (rows[times[name]] < end)].reset_index(drop=True)
        if name in times else rows
        for name, rows in tables.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def flights(tables) -> dict[str, pd.DataFrame]:
    """Every tenth flight of a month."""
    return within(tables, "2013-05-28", LAST)


@pytest.fixture(scope="module")
def states(flights, tmp_path_factory) -> dict[str, Path]:
    """What is kept of a build of all flights, and of one before the last days came."""
    kept = {}
    for name, rows in {"all": flights, "earlier": within(flights, "2013", FIRST)}.items():
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CAPSTAN_HOME", str(folder / "home"))
            settings.cache_clear()
            build_features("flight_delay", *paths(folder, rows), keep=True)
        kept[name] = folder / "home" / "features"
    settings.cache_clear()
    return kept


@pytest.fixture(params=["all"])
def before(home, states, request) -> Path:
    """The state folder after one of these builds."""
    return shutil.copytree(states[request.param], home / "features")


earlier = pytest.mark.parametrize("before", ["earlier"], indirect=True)


@pytest.fixture(scope="module")
def expected(flights, tmp_path_factory) -> dict[str, pd.DataFrame]:
    """What all flights give from scratch."""
    return built(tmp_path_factory.mktemp("scratch"), flights, keep=False)


def paths(folder: Path, tables: dict) -> list[str]:
    """Write raw tables; return the paths that the step takes."""
    write_tables(tables, folder / "tables")
    return [str(folder / name) for name in ("tables", "features", "training_set", "counts.json")]


def built(folder: Path, tables: dict, name: str = "flight_delay", keep: bool = True) -> dict[str, pd.DataFrame]:
    """Return every feature table and the training set, in order of time, and the counts."""
    counts, version = build_features(name, *paths(folder, tables), keep=keep)
    frames = read_tables(folder / "features") | read_tables(folder / "training_set")
    frames = {
        key: rows.sort_values("event_timestamp", kind="stable", ignore_index=True) for key, rows in frames.items()
    }
    return frames | {"counts": pd.DataFrame([counts]).assign(version=version)}


def assert_equal(made: dict, expected: dict) -> None:
    assert made.keys() == expected.keys()
    for key, rows in expected.items():
        pd.testing.assert_frame_equal(made[key], rows)


@pytest.mark.parametrize("above", ["origin=EWR/seed=1", "date=2026-01-01/m[1]"])
def test_folders_above_a_home_change_nothing(home, flights, expected, tmp_path, above):
    """Of all flights, the features of the weather at their origin included."""
    assert_equal(built(tmp_path / above, flights, keep=False), expected)


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


@earlier
def test_new_days_alone_are_built(before, flights, expected, tmp_path, capsys):
    files = set(before.rglob("month=*/*.parquet"))
    frames = built(tmp_path, flights)
    assert "before 2013-06-26 23:00 are as they were" in capsys.readouterr().out
    assert_equal(frames, expected)
    kept = {path for path in files if path.exists()}
    assert "month=2013-05" in {path.parent.name for path in kept} and "month=2013-06" in str(files - kept)


@pytest.mark.parametrize("change", ["corrected", "late", "removed", "planes"])
def test_days_of_the_past_that_changed_are_built_again(before, flights, tmp_path, capsys, change):
    after = changed(flights, change)
    frames = built(tmp_path / "made", after)
    message = "rows without a time" if change == "planes" else "before 2013-06-16 23:00 are as they were"
    assert message in capsys.readouterr().out
    assert_equal(frames, built(tmp_path / "scratch", after, keep=False))


def test_nothing_is_built_where_nothing_changed(before, flights, expected, tmp_path, capsys):
    frames = built(tmp_path, flights)
    assert "built" not in capsys.readouterr().out
    assert_equal(frames, expected)


@pytest.mark.rotating
@earlier
@pytest.mark.parametrize("at", ["/built/origin_delays/", "/built/index.json"])
def test_build_that_was_killed_is_not_taken_for_one(before, flights, expected, tmp_path, at):
    index = before / "flight_delay" / "built" / "index.json"
    text = index.read_text()
    arguments = [at, "flight_delay", *paths(tmp_path / "killed", flights)]
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, *arguments], check=False)
    assert ended.returncode == -9 and index.read_text() == text
    assert_equal(built(tmp_path / "made", flights), expected)
    assert all(path.name in index.read_text() for path in before.rglob("month=*/*.parquet"))  # what it left is gone


@pytest.mark.rotating
def test_file_that_was_damaged_is_not_used(before, flights, expected, tmp_path, capsys):
    part = next(before.rglob("month=2013-05/*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    frames = built(tmp_path, flights)
    assert "missing or damaged" in capsys.readouterr().out
    assert_equal(frames, expected)


@pytest.mark.rotating
@earlier
def test_window_that_is_too_short_is_found(before, flights, expected, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(task, "FEATURE_WINDOW", FeatureWindow(TIMES, timedelta(hours=1), timedelta(hours=25)))
    frames = built(tmp_path, flights)
    assert "FEATURE_WINDOW is too short" in capsys.readouterr().out
    assert_equal(frames, expected)


@pytest.mark.rotating
@pytest.mark.parametrize("name", WINDOWED)
def test_each_capstone_with_a_window_is_as_from_scratch(home, tmp_path, capsys, name):
    """Of its last month: the last day is new."""
    times, loaded = load(name).FEATURE_WINDOW.times, load(name).load(None)
    last = max(loaded[table][column].max() for table, column in times.items()).normalize()
    start = str(last - timedelta(days=30))
    built(tmp_path / "first", within(loaded, start, last, times), name)
    after = within(loaded, start, last + timedelta(days=1), times)
    frames = built(tmp_path / "second", after, name)
    assert "are as they were" in capsys.readouterr().out
    assert_equal(frames, built(tmp_path / "scratch", after, name, keep=False))


def test_all_are_built_where_new_days_alone_are_too_few(home, tmp_path, capsys):
    """After a gap there is no week before the new days, and `feature_tables` wants one."""
    rows = load("demand_forecast").load(None)["half_hours"]
    start, end = rows["time"].min(), rows["time"].max()
    first = rows[rows["time"] < start + timedelta(days=40)]
    built(tmp_path / "first", {"half_hours": first}, "demand_forecast")
    after = {"half_hours": pd.concat([first, rows[rows["time"] > end - timedelta(days=3)]], ignore_index=True)}
    frames = built(tmp_path / "second", after, "demand_forecast")
    assert "too few: a forecast needs a week" in capsys.readouterr().out
    assert_equal(frames, built(tmp_path / "scratch", after, "demand_forecast", keep=False))


def test_other_code_builds_all(home, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path / "capstones"))
    settings.cache_clear()
    days = pd.date_range("2024-01-01", periods=60, freq="12h", tz="UTC", unit="us")
    tables = {"sales": pd.DataFrame({"shop": ["a", "b"] * 30, "event_timestamp": days, "sold": range(60)})}
    sums = []
    for text in (SHOPS, SHOPS, SHOPS.replace(".mean()", ".sum()")):
        for name, content in {"task": text, "features": SHOPS_FEATURES}.items():
            (tmp_path / "capstones" / "shops").mkdir(parents=True, exist_ok=True)
            (tmp_path / "capstones" / "shops" / f"{name}.py").write_text(content)
        for module in [name for name in sys.modules if name.startswith("pipelines.shops")]:
            monkeypatch.delitem(sys.modules, module)
        sums.append(built(tmp_path / "made", tables, "shops")["lately"]["sold"].sum())
    assert sums[0] == sums[1] and sums[2] > 2 * sums[1]
    assert capsys.readouterr().out.count("their code has changed") == 1


@pytest.mark.parametrize(
    ("engine", "most", "expected"), [("local", 1, False), ("ray", 99, True), ("auto", 5, True), ("auto", 6, False)]
)
def test_training_set_comes_in_batches_where_ray_joins_it_and_the_task_says_so(monkeypatch, engine, most, expected):
    monkeypatch.setenv("CAPSTAN_ENGINE", engine)
    monkeypatch.setattr(ray_workers, "RAY_ROWS", most)
    settings.cache_clear()
    tables = {"flights": pd.DataFrame({"tailnum": ["a"] * 4}), "weather": pd.DataFrame({"temp": [1.0, 2.0]})}
    assert streams(load("flight_delay"), tables) is expected
    assert not streams(load("demand_forecast"), tables)
