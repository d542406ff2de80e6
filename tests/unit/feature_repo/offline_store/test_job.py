"""Timeouts and remote storage of a retrieval job."""

import time
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

from feature_repo.offline_store.timeouts import time_limit

from .harness import at, entities, entity, feature_store, values, view, write

# A million million pairs: this would take hours, in little memory.
SLOW = (
    "SELECT count(*) % 2 AS k, TIMESTAMP '2024-03-01 12:00:00' AS event_timestamp "
    "FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 1"
)


@pytest.fixture
def stats(store, tmp_path):
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), 20)]))])
    return store


@pytest.mark.parametrize("result", ["to_df", "to_arrow", "persist"])
def test_a_query_that_outlasts_its_timeout_is_interrupted(stats, tmp_path, result):
    job = stats.get_historical_features(SLOW, ["stats:v"])
    storage = [SavedDatasetFileStorage(str(tmp_path / "saved.parquet"))] if result == "persist" else []
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"interrupted after its timeout of 1 s: raise the timeout"):
        getattr(job, result)(*storage, timeout=1)
    assert 1 <= time.monotonic() - started < 5
    assert not (tmp_path / "saved.parquet").exists()


@pytest.mark.slow
def test_a_pull_is_interrupted(stats, tmp_path, monkeypatch):
    """The timeout is so short that it passes before the first of many rows is read."""
    large = tmp_path / "large.parquet"
    times = pd.Series([at(0)] * 2_000_000).dt.as_unit("us")
    pd.DataFrame({"k": range(2_000_000), "event_timestamp": times, "v": 1}).to_parquet(large)
    pull = stats._get_provider().offline_store.pull_latest_from_table_or_query
    job = pull(stats.config, view(large).batch_source, ["k"], ["v"], "event_timestamp", None, at(-1), at(1))
    with pytest.raises(TimeoutError):
        job.to_arrow(timeout=0.001)
    assert job.to_arrow(timeout=60).num_rows == 2_000_000


def test_a_query_that_starts_after_the_timeout_is_interrupted():
    """DuckDB forgets an interrupt that comes between two queries."""
    with duckdb.connect() as connection, pytest.raises(TimeoutError), time_limit(connection, 0.05):
        connection.sql("SELECT 1").fetchall()
        time.sleep(0.2)
        connection.sql(SLOW).fetchall()


def test_a_query_within_its_timeout_is_left_alone(stats):
    job = stats.get_historical_features(entities([(1, at(1))]), ["stats:v"])
    assert values(job.to_df(timeout=60)) == [10]


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_that_is_not_positive_is_refused(stats, timeout):
    job = stats.get_historical_features(entities([(1, at(1))]), ["stats:v"])
    with pytest.raises(ValueError, match="give a positive number of seconds"):
        job.to_df(timeout=timeout)


def test_remote_storage_needs_a_staging_location(stats):
    job = stats.get_historical_features(entities([(1, at(1))]), ["stats:v"])
    assert not job.supports_remote_storage_export()
    with pytest.raises(ValueError, match="Set `staging_location` in the offline_store section"):
        job.to_remote_storage()


@pytest.fixture
def staged(tmp_path):
    store = feature_store(tmp_path / "repo", staging_location="staging")
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), 20)]))])
    return store


def test_each_export_is_a_directory_of_its_own(staged, tmp_path):
    job = staged.get_historical_features(entities([(2, at(1)), (1, at(1))]), ["stats:v"])
    assert job.supports_remote_storage_export()
    first, second = job.to_remote_storage(), job.to_remote_storage()
    assert len(first) == len(second) == 1
    assert Path(first[0]).parent != Path(second[0]).parent
    assert Path(first[0]).parent.parent == tmp_path / "repo" / "staging"
    assert pq.read_table(first[0]).equals(job.to_arrow())


def test_a_large_export_is_several_files(staged):
    """About 150 MB of text become files of 64 MB, with every row once and in order."""
    rows = 150_000
    frame = pd.DataFrame({"k": 1, "event_timestamp": at(1), "row": range(rows), "note": "x" * 1000})
    paths = staged.get_historical_features(frame, ["stats:v"]).to_remote_storage()
    counts = [pq.read_metadata(path).num_rows for path in paths]
    assert len(paths) == 3 and sum(counts) == rows and max(counts) < rows / 2
    exported = pd.concat([pd.read_parquet(path, columns=["row", "v"]) for path in paths])
    assert exported["row"].tolist() == list(range(rows))
    assert set(exported["v"]) == {10}


def test_an_export_without_rows_is_one_empty_file(staged):
    job = staged.get_historical_features(entities([(1, at(1))]).iloc[:0], ["stats:v"])
    paths = job.to_remote_storage()
    assert [pq.read_table(path).column_names for path in paths] == [["k", "event_timestamp", "v"]]
