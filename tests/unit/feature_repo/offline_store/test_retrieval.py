"""The arguments and results of get_historical_features: names, keys, entity rows, types and errors."""

from datetime import timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureService, Field, RequestSource
from feast.data_format import DeltaFormat
from feast.errors import EntityTimestampInferenceException, FeastEntityDFMissingColumnsError
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64, String

from .harness import at, entities, entity, feature_store, values, view, write

BIG = 2**53 + 1  # the first integer that a float cannot hold


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), 20)])


def test_several_views_and_join_keys_in_one_call(store, tmp_path):
    first = write(tmp_path / "one.parquet", [(1, at(0), 10), (2, at(0), 20)])
    pairs = [(1, 7, at(0), 17), (1, 8, at(0), 18)]
    second = write(tmp_path / "two.parquet", pairs, "k other event_timestamp w")
    none = write(tmp_path / "none.parquet", [(at(0), 100), (at(3), 103)], "event_timestamp x")
    views = [view(first, "one"), view(second, "two", ("k", "other"), ("w",)), view(none, "none", (), ("x",))]
    store.apply([entity(), entity("other"), *views])
    frame = entities([(1, 8, at(3)), (1, 7, at(1)), (2, 7, at(1)), (1, 7, at(-1))], "k other event_timestamp")
    result = store.get_historical_features(frame, ["two:w", "none:x", "one:v"]).to_df()
    assert sorted(result.columns[3:]) == ["v", "w", "x"]
    assert values(result) == [10, 10, 20, None]
    assert values(result, "w") == [18, 17, None, None]
    assert values(result, "x") == [103, 100, 100, None]


def test_a_view_without_entities_keeps_late_rows_and_ttl(store, tmp_path):
    rows = [(at(0), at(0), 1), (at(1), at(4), 2), (at(2), at(2), 3)]
    path = write(tmp_path / "a.parquet", rows, "event_timestamp created v")
    store.apply([view(path, keys=(), ttl=timedelta(hours=3), created="created")])
    frame = pd.DataFrame({"event_timestamp": [at(1), at(3), at(4), at(5.5), at(-1)]})
    result = store.get_historical_features(frame, ["stats:v"]).to_df()
    assert values(result) == [1, 3, 3, None, None]


def test_one_view_joined_twice_by_renamed_keys(store, path):
    stats = view(path)
    origin = stats.with_name("origin").with_join_key_map({"k": "origin_id"})
    destination = stats.with_name("destination").with_join_key_map({"k": "destination_id"})
    store.apply([entity(), stats, FeatureService(name="trips", features=[origin, destination])])
    frame = entities([(1, 2, at(1)), (2, 9, at(1))], "origin_id destination_id event_timestamp")
    service = store.get_feature_service("trips")
    result = store.get_historical_features(frame, service, full_feature_names=True).to_df()
    assert values(result, "origin__v") == [10, 20]
    assert values(result, "destination__v") == [20, None]


def test_field_mapping_of_keys_features_and_timestamps(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), at(2), 10)], "id ts made val")
    mapping = {"id": "k", "val": "v", "ts": "event_timestamp", "made": "created"}
    store.apply([entity(), view(path, created="created", field_mapping=mapping)])
    result = store.get_historical_features(entities([(1, at(1)), (1, at(2))]), ["stats:v"]).to_df()
    assert values(result) == [None, 10]


def test_views_with_equal_feature_names(store, tmp_path, path):
    second = write(tmp_path / "b.parquet", [(1, at(0), 99)])
    store.apply([entity(), view(path, "one"), view(second, "two")])
    job = store.get_historical_features(entities([(1, at(0))]), ["one:v", "two:v"], full_feature_names=True)
    result = job.to_df()
    assert list(result.columns) == ["k", "event_timestamp", "one__v", "two__v"]
    assert result.iloc[0, 2:].tolist() == [10, 99]


def test_columns_with_awkward_names(store, tmp_path):
    names = ["event", "created", "arrival", "key_0", "value_0", 'a "b"', "row", "t"]
    columns = {"k": [1], "event_timestamp": pd.Series([at(0)]).dt.as_unit("us")} | {n: [i] for i, n in enumerate(names)}
    path = tmp_path / "it's.parquet"
    pd.DataFrame(columns).to_parquet(path)
    store.apply([entity(), view(path, features=tuple(names))])
    frame = entities([(1, at(1), 5)], "k event_timestamp entity")
    result = store.get_historical_features(frame, [f"stats:{name}" for name in names]).to_df()
    assert result[names].iloc[0].tolist() == list(range(len(names)))


def test_request_data_and_on_demand_features(store, path):
    request = RequestSource(name="request", schema=[Field(name="extra", dtype=Int64)])
    stats = view(path)

    @on_demand_feature_view(sources=[stats, request], schema=[Field(name="total", dtype=Float64)], mode="pandas")
    def sums(inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"total": (inputs["v"] + inputs["extra"]).astype("float64")})

    store.apply([entity(), stats, sums])
    frame = entities([(2, at(1), 5), (1, at(1), 7)], "k event_timestamp extra")
    result = store.get_historical_features(frame, ["stats:v", "sums:total"]).to_df()
    assert result["extra"].tolist() == [5, 7]
    assert result["total"].tolist() == [25.0, 17.0]


def test_entity_query(store, tmp_path, path):
    store.apply([entity(), view(path)])
    asked = write(tmp_path / "asked.parquet", [(2, at(1), "x"), (1, at(-1), "y"), (1, at(1), "z")], "k ts label")
    query = f"SELECT k, ts, label FROM '{asked}' ORDER BY label DESC"
    job = store.get_historical_features(query, ["stats:v"])
    result = job.to_df()
    assert result["label"].tolist() == ["z", "y", "x"]
    assert values(result) == [10, None, 20]
    assert job.metadata.keys == ["k", "label"]
    assert (job.metadata.min_event_timestamp, job.metadata.max_event_timestamp) == (at(-1), at(1))


def test_entity_query_of_naive_times_and_dates(store, path):
    store.apply([entity(), view(path)])
    rows = "(1, TIMESTAMP '2024-03-01 12:00:00'), (1, TIMESTAMP '2024-03-01 11:59:59')"
    result = store.get_historical_features(f"SELECT * FROM (VALUES {rows}) t(k, event_timestamp)", ["stats:v"]).to_df()
    assert values(result) == [10, None]
    dates = "(1, DATE '2024-03-01'), (1, DATE '2024-03-02')"
    result = store.get_historical_features(f"SELECT * FROM (VALUES {dates}) t(k, event_timestamp)", ["stats:v"]).to_df()
    assert values(result) == [None, 10]


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=30))])
@pytest.mark.parametrize("source_zone", [None, timezone(timedelta(hours=9))])
def test_time_zones_of_entity_rows_and_sources(store, tmp_path, zone, source_zone):
    moved = [t.astimezone(source_zone) if source_zone else t.replace(tzinfo=None) for t in (at(0), at(1))]
    path = write(tmp_path / "a.parquet", [(1, moved[0], 10), (1, moved[1], 11)])
    store.apply([entity(), view(path)])
    asked = [t.astimezone(zone) if zone else t.replace(tzinfo=None) for t in (at(-0.5), at(0), at(0.5), at(1))]
    result = store.get_historical_features(entities([(1, t) for t in asked]), ["stats:v"]).to_df()
    assert values(result) == [None, 10, 10, 11]
    assert str(result["event_timestamp"].dtype) == "datetime64[ns, UTC]"
    assert result["event_timestamp"].tolist() == [at(-0.5), at(0), at(0.5), at(1)]


def test_times_as_text_and_as_mixed_objects(store, path):
    store.apply([entity(), view(path)])
    asked = ["2024-03-01T12:00:00Z", "2024-03-01T13:59:59+02:00"]
    assert values(store.get_historical_features(entities([(1, t) for t in asked]), ["stats:v"]).to_df()) == [10, None]
    mixed = entities([(1, at(0).astimezone(timezone(timedelta(hours=3)))), (1, at(-1))])
    mixed["event_timestamp"] = mixed["event_timestamp"].astype(object)
    assert values(store.get_historical_features(mixed, ["stats:v"]).to_df()) == [10, None]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("nanoseconds", [[0, 789, 1789], [1, 2, 400]])
def test_nanoseconds_of_source_and_entity_rows_agree(store, tmp_path, nanoseconds, zone):
    moments = (pd.to_datetime([at(0)] * 3) + pd.to_timedelta(nanoseconds, "ns")).tz_convert(zone)
    frame = pd.DataFrame({"k": [1, 2, 3], "event_timestamp": moments, "v": [1, 2, 3]})
    frame.to_parquet(tmp_path / "a.parquet")
    store.apply([entity(), view(tmp_path / "a.parquet")])
    asked = frame[["k", "event_timestamp"]]
    result = store.get_historical_features(asked, ["stats:v"]).to_df()
    assert values(result) == [1, 2, 3]
    assert result["event_timestamp"].tolist() == pd.to_datetime(asked["event_timestamp"], utc=True).tolist()


def test_the_only_time_column_is_the_event_timestamp(store, path):
    store.apply([entity(), view(path)])
    assert values(store.get_historical_features(entities([(1, at(0))], "k when"), ["stats:v"]).to_df()) == [10]
    with pytest.raises(EntityTimestampInferenceException):
        store.get_historical_features(entities([(1, at(0), at(0))], "k when then"), ["stats:v"])


def test_integers_keep_their_value_and_booleans_their_type(store, tmp_path):
    columns = "k event_timestamp v flag"
    path = write(tmp_path / "a.parquet", [(1, at(0), BIG, True), (2, at(0), None, None)], columns)
    store.apply([entity(), view(path, features=("v", "flag"))])
    refs = ["stats:v", "stats:flag"]
    complete = store.get_historical_features(entities([(1, at(0))]), refs).to_df()
    assert (complete["v"].dtype, complete["flag"].dtype) == (np.dtype("int64"), np.dtype("bool"))
    missing = store.get_historical_features(entities([(1, at(0)), (2, at(0)), (3, at(0))]), refs)
    result = missing.to_df()
    assert (result["v"].dtype, result["flag"].dtype) == (pd.Int64Dtype(), pd.BooleanDtype())
    assert values(result) == [BIG, None, None]
    assert values(result, "flag") == [True, None, None]
    assert missing.to_arrow()["v"].type == pa.int64()
    assert missing.to_arrow()["v"].to_pylist() == [BIG, None, None]


def test_text_and_list_features(store, tmp_path):
    columns = {"k": ["a", "b"], "event_timestamp": [at(0)] * 2, "v": ["x", None], "w": [[1.0, 2.0], None]}
    pd.DataFrame(columns).to_parquet(tmp_path / "a.parquet")
    stats = view(tmp_path / "a.parquet", features={"v": String})
    store.apply([entity(), stats])
    result = store.get_historical_features(entities([("b", at(0)), ("a", at(0))]), ["stats:v"]).to_df()
    assert values(result) == [None, "x"]


def test_nothing_is_read_before_the_result_is_asked_for(store, tmp_path):
    path = tmp_path / "later.parquet"
    write(path, [(1, at(0), 1)])
    store.apply([entity(), view(path)])
    path.unlink()
    job = store.get_historical_features(entities([(1, at(0))]), ["stats:v"])
    query = store.get_historical_features(f"SELECT k, event_timestamp FROM '{path}'", ["stats:v"])
    write(path, [(1, at(0), 2)])
    assert values(job.to_df()) == [2]
    assert values(query.to_df()) == [2]


def test_files_may_be_one_a_glob_or_a_tree_and_grow_columns(store, tmp_path):
    write(tmp_path / "t" / "2023" / "a.parquet", [(1, at(0), 10)])
    write(tmp_path / "t" / "2024" / "b.parquet", [(2, at(0), 20, 5)], "k event_timestamp v w")
    globbed = view(str(tmp_path / "t" / "*" / "*.parquet"), "globbed", features=("v", "w"))
    store.apply([entity(), view(tmp_path / "t", "tree", features=("v", "w")), globbed])
    for name in ("tree", "globbed"):
        job = store.get_historical_features(entities([(1, at(0)), (2, at(0))]), [f"{name}:v", f"{name}:w"])
        assert (values(job.to_df()), values(job.to_df(), "w")) == ([10, 20], [None, 5])


def test_a_relative_path_is_relative_to_the_repository(store, path):
    store.apply([entity(), view("../a.parquet")])
    assert values(store.get_historical_features(entities([(1, at(0))]), ["stats:v"]).to_df()) == [10]


def test_memory_limit_and_threads_reach_duckdb(tmp_path, path):
    store = feature_store(tmp_path / "repo", memory_limit="64MiB", threads=1)
    store.apply([entity(), view(path)])
    query = "SELECT 1 k, now() event_timestamp, current_setting('memory_limit') m, current_setting('threads') t"
    result = store.get_historical_features(query, ["stats:v"]).to_df()
    assert (result["m"][0], result["t"][0]) == ("64.0 MiB", 1)


def test_without_entity_rows_each_arrival_in_the_period_is_one(store, tmp_path):
    rows = [
        (1, at(0), at(0), 10), (1, at(1), at(3), 11), (2, at(1), at(1), 20), (3, at(-1), at(1), 30),
        (2, at(-3), at(-3), 19), (3, at(1), at(9), 31), (None, at(1), at(1), 0),
    ]  # fmt: skip
    first = write(tmp_path / "one.parquet", rows, "k event_timestamp created v")
    second = write(tmp_path / "two.parquet", [(2, at(2), 99), (2, at(9), 98), (1, at(0), 97)], "k event_timestamp w")
    store.apply([entity(), view(first, "one", created="created"), view(second, "two", features=("w",))])
    job = store.get_historical_features(features=["one:v", "two:w"], start_date=at(0), end_date=at(3))
    result = job.to_df()
    moments = list(zip(result["k"], result["event_timestamp"], strict=True))
    assert moments == [(1, at(0)), (2, at(1)), (3, at(1)), (2, at(2)), (1, at(3))]
    assert values(result) == [10, 20, 30, 20, 11]
    assert values(result, "w") == [97, None, None, 99, 97]
    assert job.metadata.keys == ["k"]
    assert (job.metadata.min_event_timestamp, job.metadata.max_event_timestamp) == (at(0), at(3))


def test_without_entity_rows_a_moment_with_two_arrivals_is_one(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(1), 10), (1, at(1), 11), (1, at(2), 12)])
    store.apply([entity(), view(path)])
    result = store.get_historical_features(features=["stats:v"], start_date=at(0), end_date=at(3)).to_df()
    assert values(result) == [11, 12]


def test_without_entity_rows_the_join_keys_must_be_the_same(store, tmp_path, path):
    second = write(tmp_path / "b.parquet", [(1, at(0), 1)], "j event_timestamp w")
    store.apply([entity(), entity("j"), view(path, "one"), view(second, "two", ("j",), ("w",))])
    with pytest.raises(ValueError, match="all feature views need the same join keys"):
        store.get_historical_features(features=["one:v", "two:w"], start_date=at(0), end_date=at(3))


def error_of(store, stats, frame=None, kind=ValueError) -> str:
    """Return the message of the error that retrieving feature v raises."""
    frame = entities([(1, at(0))]) if frame is None else frame
    store.registry.apply_entity(entity(), "test")
    store.registry.apply_feature_view(stats, "test")
    with pytest.raises(kind) as raised:
        store.get_historical_features(frame, ["stats:v"]).to_df()
    return str(raised.value)


def test_errors_name_the_view_the_file_and_the_column(store, tmp_path, path):
    message = error_of(store, view(tmp_path / "gone.parquet"), kind=FileNotFoundError)
    assert "feature view 'stats'" in message and "gone.parquet" in message
    assert "has no column ['w']" in error_of(store, view(path, field_mapping={"w": "v"}))
    assert "has no column ['made']" in error_of(store, view(path, created="made"))
    message = error_of(store, view(path, timestamp_field="v"))
    assert "feature view 'stats' uses 'v'" in message and "BIGINT" in message
    (tmp_path / "text.parquet").write_text("k,v")
    message = error_of(store, view(tmp_path / "text.parquet"))
    assert "feature view 'stats' cannot read" in message and "text.parquet" in message


def test_errors_of_other_formats_say_what_to_do(store, path):
    message = error_of(store, view(path, file_format=DeltaFormat()))
    assert "feature view 'stats'" in message and "DeltaFormat" in message and "write the data as parquet" in message


def test_errors_of_entity_rows(store, path):
    assert "entity_df is a list" in error_of(store, view(path), [1])
    message = error_of(store, view(path), entities([(1, at(0))], "j event_timestamp"), FeastEntityDFMissingColumnsError)
    assert "{'k'} were missing" in message
    message = error_of(store, view(path), entities([(1, at(0), 5)], "k event_timestamp v"))
    assert "two columns named ['v']" in message and "full_feature_names=True" in message
    message = error_of(store, view(path), entities([("one", at(0))]))
    assert "'k' of the entity dataframe, which holds" in message and "BIGINT" in message
