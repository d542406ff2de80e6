"""Materialization through Feast's engine, and the rows that it pulls."""

import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast.errors import FeastJoinKeysDuringMaterialization
from hypothesis import given, settings
from hypothesis import strategies as st

from . import reference
from .harness import NOON, at, entities, entity, feature_store, values, view, write
from .test_point_in_time import SOURCE, write_source

EARLY, LATE = at(-9), at(9)
CREATED = "k event_timestamp created v"


def online(store, *keys) -> list:
    """Return feature v from the online store."""
    return store.get_online_features(["stats:v"], [{"k": key} for key in keys]).to_dict()["v"]


def test_the_latest_row_of_each_key_in_the_range_with_both_edges(store, tmp_path):
    rows = [(1, at(0), 10), (1, at(2), 12), (1, at(3), 13), (2, at(-1), 20), (3, at(1), 30), (4, at(2), 40)]
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows))])
    store.materialize(at(1), at(2))
    assert online(store, 1, 2, 3, 4) == [12, None, 30, 40]


def test_incremental_materialization_picks_up_late_rows_and_never_goes_back(store, tmp_path):
    rows = [
        (1, at(0), at(0), 10), (1, at(1), at(3), 11),  # newer, and late
        (2, at(1), at(1), 21), (2, at(0), at(3), 20),  # older, and late
        (3, at(0), at(9), 30),  # not there yet
        (4, at(0), at(0), 40), (4, at(0), at(3), 44),  # corrected
    ]  # fmt: skip
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows, CREATED), created="created")])
    store.materialize(at(-1), at(2))
    assert online(store, 1, 2, 3, 4) == [10, 21, None, 40]
    store.materialize_incremental(at(4))
    assert online(store, 1, 2, 3, 4) == [11, 21, None, 44]
    store.materialize_incremental(at(10))
    assert online(store, 3) == [30]


def test_a_row_that_arrives_a_moment_after_the_end_waits(store, tmp_path):
    tick = timedelta(microseconds=1)
    rows = [(1, at(0), at(0), 10), (1, at(1), at(2) + tick, 11), (2, at(2) + tick, None, 20)]
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows, CREATED), created="created")])
    store.materialize(at(-1), at(2))
    assert online(store, 1, 2) == [10, None]


def test_a_row_without_creation_loses_ties(store, tmp_path):
    rows = [(1, at(0), at(-1), 11), (1, at(0), None, 10)]
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows, CREATED), created="created")])
    store.materialize(at(-1), at(1))
    assert online(store, 1) == [11]


def test_online_and_offline_agree_at_the_end_of_materialization(store, tmp_path):
    rows = [(k, at(e), at(c), 100 * k + e) for k in range(5) for e, c in [(0, 3), (1, 1), (2, 6), (-1, 4)]]
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows, CREATED), created="created")])
    store.materialize(at(-9), at(5))
    offline = store.get_historical_features(entities([(k, at(5)) for k in range(5)]), ["stats:v"]).to_df()
    assert online(store, *range(5)) == values(offline)


def test_a_view_without_entities(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(at(1), 11), (at(0), 10), (at(5), 15)], "event_timestamp v")
    store.apply([view(path, keys=())])
    store.materialize(at(-1), at(2))
    assert store.get_online_features(["stats:v"], [{"__dummy_id": ""}]).to_dict()["v"] == [11]


def test_nanoseconds_naive_times_and_null_keys(store, tmp_path):
    frame = pd.DataFrame({"k": pd.array([1, None, 2], "Int64"), "event_timestamp": [NOON.replace(tzinfo=None)] * 3})
    frame["event_timestamp"] = frame["event_timestamp"].astype("datetime64[ns]")
    frame.assign(v=[1, 2, 3]).to_parquet(tmp_path / "a.parquet")
    store.apply([entity(), view(tmp_path / "a.parquet")])
    store.materialize(at(-1), at(1))
    assert online(store, 1, 2) == [1, 3]


def test_field_mapping(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), at(0), 10), (1, at(1), at(9), 11)], "id ts made val")
    mapping = {"id": "k", "val": "v", "ts": "event_timestamp", "made": "created"}
    store.apply([entity(), view(path, created="created", field_mapping=mapping)])
    store.materialize(at(-1), at(2))
    assert online(store, 1) == [10]


def test_every_row_of_a_large_result_is_written(store, tmp_path):
    """Feast writes only the first Arrow chunk of what it pulls, so there must be one chunk."""
    path = tmp_path / "a.parquet"
    times = pd.Series([at(0)] * 300_000).dt.as_unit("us")
    pd.DataFrame({"k": range(300_000), "event_timestamp": times, "v": 1}).to_parquet(path)
    job = _pull(store, path, [{}], latest=True)
    assert job.to_arrow()["k"].num_chunks == 1
    assert job.to_arrow().num_rows == 300_000


def _pull(store, path, rows, latest, start=EARLY, end=LATE, features=("v",), created=""):
    source = view(path, created=created).batch_source
    offline_store = store._get_provider().offline_store
    pull = offline_store.pull_latest_from_table_or_query if latest else offline_store.pull_all_from_table_or_query
    return pull(store.config, source, ["k"], list(features), "event_timestamp", created or None, start, end)


def test_pull_all_returns_each_event_in_the_range_oldest_first(store, tmp_path):
    rows = [
        (1, at(2), at(9), 12),
        (1, at(0), at(0), 10),
        (1, at(3), at(3), 13),
        (1, at(0), at(-1), 9),
        (2, at(-1), at(5), 8),
    ]
    path = write(tmp_path / "a.parquet", rows, CREATED)
    result = _pull(store, path, rows, False, at(0), at(2), created="created").to_df()
    assert list(result.columns) == ["k", "v", "event_timestamp", "created"]
    assert result["v"].tolist() == [9, 10, 12]
    assert result["event_timestamp"].tolist() == [at(0), at(0), at(2)]
    assert _pull(store, path, rows, False, None, None).to_df()["v"].tolist() == [8, 10, 9, 12, 13]


def test_times_are_in_utc_wherever_the_machine_is(store, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    path = write(tmp_path / "a.parquet", [(1, at(-1), 1), (1, at(0), 2)])
    naive = at(0).replace(tzinfo=None)
    for latest in (False, True):
        result = _pull(store, path, [], latest, naive, naive).to_arrow()
        assert result["event_timestamp"].to_pylist() == [at(0)]
        assert result.schema.field("event_timestamp").type == pa.timestamp("us", "UTC")
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("latest", [False, True])
@pytest.mark.parametrize("created", ["", "created"])
@pytest.mark.parametrize("unit", ["ns", "us"])
def test_a_period_may_be_all_of_time(store, tmp_path, unit, created, latest):
    times = pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")).cast(pa.timestamp(unit))
    pq.write_table(pa.table({"k": [1], "event_timestamp": times, "created": times, "v": [10]}), tmp_path / "a.parquet")
    period = datetime.min, datetime.max
    result = _pull(store, tmp_path / "a.parquet", [], latest, *period, created=created).to_df()
    assert values(result) == [10]


@pytest.mark.parametrize("latest", [False, True])
def test_no_feature_names_are_all_columns(store, tmp_path, latest):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10, "x")], "k event_timestamp v other")
    result = _pull(store, path, [], latest, features=()).to_df()
    assert sorted(result.columns) == ["event_timestamp", "k", "other", "v"]


@pytest.mark.parametrize("pull_latest", [True, False])
def test_a_missing_join_key_is_an_error_of_its_own(store, tmp_path, pull_latest):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)], "j event_timestamp v")
    store.apply([entity(), view(path)])
    store.config.materialization_config.pull_latest_features = pull_latest
    with pytest.raises(FeastJoinKeysDuringMaterialization, match=r"a\.parquet.*at least {'k'}.*missing: {'k'}"):
        store.materialize(at(-1), at(1))


def test_errors_name_the_source_and_the_column(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    with pytest.raises(ValueError, match=r"data source 'stats_source' reads .*a.parquet.* no column \['w'\]"):
        _pull(store, path, [], True, features=("w",)).to_df()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return feature_store(tmp_path_factory.mktemp("shared"))


@settings(max_examples=60, deadline=None)
@given(rows=SOURCE, start=st.integers(-4, 2), hours=st.integers(0, 4), created=st.sampled_from(["", "created"]))
@pytest.mark.slow
def test_pull_latest_equals_brute_force(shared, rows, start, hours, created):
    path = shared.config.repo_path / "a.parquet"
    rows = [{**row, "created": row["created"] if created else None} for row in rows]
    write_source(path, rows, UTC)
    end = at(start) + timedelta(hours=hours)
    result = _pull(shared, path, rows, True, at(start), end, created=created).to_arrow().to_pylist()
    expected = {key: reference.online(rows, key, at(start), end) for key in (1, 2, 3)}
    written = {row["k"]: row["v"] for row in result}
    assert len(written) == len(result)
    assert {key: written.get(key) for key in (1, 2, 3)} == expected
