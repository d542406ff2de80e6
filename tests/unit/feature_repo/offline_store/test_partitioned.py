"""Retrievals in parts, by tasks on two real Ray workers: row for row what one process returns."""

import os
import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta

import numpy as np
import pandas as pd
import psutil
import pytest
from feast.errors import FeastEntityDFMissingColumnsError
from feast.types import Int64, String

from .harness import at, entities, entity, feature_store, view, write
from .test_feast_retrieval import World


@pytest.fixture(scope="module", autouse=True)
def ray():
    import ray

    from capstan.ray_workers import start_ray

    start_ray(cpus=2)
    yield ray
    ray.shutdown()


def source(seed: int, count: int, frequent: float) -> pd.DataFrame:
    """Return rows of 20 keys, of which one has a share `frequent`, with late rows, ties, nulls and equal times."""
    random = np.random.default_rng(seed)
    moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 200, count), unit="h")
    keys = np.where(random.random(count) < frequent, 7, random.integers(0, 20, count))
    created = pd.Series(moments + pd.to_timedelta(random.integers(-3, 30, count), unit="h"))
    return pd.DataFrame({
        "k": keys, "event_timestamp": moments, "created": created.where(random.random(count) < 0.9),
        "v": random.integers(0, 10**6, count), "s": random.choice(["a", "b", None], count),
    })  # fmt: skip


class Case:
    """Views with a key, of several files; with another key; with a TTL; without a key; and entity rows."""

    def __init__(self, folder, seed: int, frequent: float = 0.3):
        self.folder = folder
        (folder / "several").mkdir(parents=True)
        for number in range(3):
            source(10 * seed + number, 150, frequent).to_parquet(folder / "several" / f"{number}.parquet")
        source(10 * seed + 3, 400, frequent).rename(columns={"k": "j"}).to_parquet(folder / "other.parquet")
        source(10 * seed + 4, 20, 0).drop(columns="k").to_parquet(folder / "world.parquet")
        random = np.random.default_rng(seed)
        moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(random.integers(-9, 260, 400), unit="h")
        keys = np.where(random.random(400) < frequent, 7, random.integers(0, 25, 400))
        rows = {"k": keys, "j": random.integers(0, 25, 400), "event_timestamp": moments, "label": random.random(400)}
        self.rows = pd.DataFrame(rows)
        self.rows["k"] = self.rows["k"].where(random.random(400) < 0.95).astype("Int64")
        self.rows.loc[:3, "event_timestamp"] = pd.NaT

    def table(self, rows=None, **options):
        """Return what a store with these options returns, as an Arrow table."""
        features = {"v": Int64, "s": String}
        several, single = self.folder / "several", self.folder / "other.parquet"
        views = [
            view(several, "a", features=features, ttl=timedelta(hours=30), created="created"),
            view(single, "b", keys=("j",), features=features, created="created"),
            view(several, "c", created="created"),
            view(self.folder / "world.parquet", "d", keys=(), created="created"),
        ]
        store = feature_store(self.folder / f"repo-{len(list(self.folder.iterdir()))}", **options)
        store.apply([entity("k"), entity("j"), *views])
        wanted = ["a:v", "a:s", "b:v", "b:s", "c:v", "d:v"]
        asked = self.rows if rows is None else rows
        return store.get_historical_features(asked, wanted, full_feature_names=True).to_arrow()


@pytest.mark.parametrize(("seed", "late_rows", "frequent", "task_rows"), [
    (0, "exclude", 0.3, 50), (1, "include", 0.5, 50), (2, "exclude", 0.5, 300), (3, "exclude", 1.0, 60),
])  # fmt: skip
def test_parts_equal_one_process(tmp_path, seed, late_rows, frequent, task_rows):
    case = Case(tmp_path, seed, frequent)
    expected = case.table(late_rows=late_rows)
    actual = case.table(late_rows=late_rows, engine="ray", task_rows=task_rows)
    assert actual.schema == expected.schema
    assert actual.combine_chunks() == expected.combine_chunks()
    assert expected["a__v"].null_count < len(expected)


def test_service_with_renamed_keys_and_features_on_demand_equals_one_process(tmp_path):
    alone = World(tmp_path / "alone", "created")
    parts = World(tmp_path / "parts", "created", engine="ray", task_rows=17)
    expected, actual = (
        world.store.get_historical_features(world.orders, world.service, full_feature_names=True).to_df()
        for world in (alone, parts)
    )
    pd.testing.assert_frame_equal(actual, expected)


def test_query_of_entity_rows_is_read_in_chunks(tmp_path):
    case = Case(tmp_path, 4)
    case.rows.assign(event_timestamp=case.rows["event_timestamp"].dt.as_unit("us")).to_parquet(
        tmp_path / "rows.parquet"
    )
    query = f"SELECT * FROM '{tmp_path / 'rows.parquet'}' ORDER BY label"
    assert case.table(query, engine="ray", task_rows=70) == case.table(query)
    assert case.table(f"{query} LIMIT 0", engine="ray", task_rows=70).num_rows == 0


def test_many_rows_go_to_ray_by_themselves(tmp_path):
    """With `auto`, the size decides: Ray's tasks leave the number of their rows as the length of the chunks."""
    case = Case(tmp_path, 5)
    few, many = (case.table(engine="auto", task_rows=100, auto_rows=rows) for rows in (1_000_000, 100))
    assert few["label"].num_chunks == 1 and many["label"].num_chunks == 4
    assert many.combine_chunks() == few.combine_chunks()


@pytest.mark.rotating
def test_task_whose_worker_is_killed_is_done_again(tmp_path, ray):
    case, killed = Case(tmp_path, 6), []
    expected, done = case.table(), threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < 2:
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    if "".join(process.cmdline()).startswith(("ray::join_part", "ray::split_source")):
                        os.kill(process.pid, signal.SIGKILL)
                        killed.append(process.pid)
                        break
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        actual = case.table(engine="ray", task_rows=20)
    finally:
        done.set()
        killer.join()
    assert killed and actual.combine_chunks() == expected.combine_chunks()


@pytest.mark.rotating
@pytest.mark.parametrize("engine", ["ray", "auto"])
def test_errors_are_those_of_one_process(tmp_path, engine):
    store = feature_store(tmp_path / "repo", engine=engine, task_rows=2, auto_rows=1)
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10)] * 5))])
    with pytest.raises(FeastEntityDFMissingColumnsError):
        store.get_historical_features(entities([(at(1),)], "event_timestamp"), ["stats:v"]).to_df()
    with pytest.raises(ValueError, match="give both one type"):
        store.get_historical_features(entities([("1", at(1))]), ["stats:v"]).to_df()
    job = store.get_historical_features(entities([(1, at(1))] * 9), ["stats:v"])
    with pytest.raises(TimeoutError, match="raise the timeout"):
        job.to_df(timeout=1e-3)
    assert job.to_df()["v"].tolist() == [10] * 9
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="no parquet file"):
        job.to_df()
