"""Writing as Feast tests it for every offline store: pushes, logs, schemas and types."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, RequestSource
from feast.data_source import PushMode
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Bool, Bytes, Float32, Float64, Int32, Int64, String, UnixTimestamp

from .harness import NOON, at, entities, entity, values, view, write

CREATED = "k event_timestamp created v"


@pytest.mark.parametrize("target", ["d", "d/a.parquet"])
@pytest.mark.parametrize("created", ["", "created"])
def test_pushed_rows_are_read_back(store, tmp_path, target, created):
    path = write(tmp_path / "d" / "a.parquet", [(1, at(0), at(0), 10)], CREATED)
    stats = view(tmp_path / target, created=created)
    source = PushSource(name="pushed", batch_source=stats.batch_source)
    stats = FeatureView(name="stats", entities=[entity()], schema=stats.schema, source=source)
    store.apply([entity(), stats])
    rows = entities([(1, at(1), at(3), 11), (2, at(1), at(1), 20)], CREATED)
    store.push("pushed", rows, to=PushMode.ONLINE_AND_OFFLINE)
    store.push("pushed", entities([(2, at(2), at(2), 21)], CREATED), to=PushMode.OFFLINE)
    asked = entities([(1, at(2)), (1, at(3)), (2, at(1)), (2, at(2))])
    expected = [10 if created else 11, 11, 20, 21]
    assert values(store.get_historical_features(asked, ["stats:v"]).to_df()) == expected
    assert store.get_online_features(["stats:v"], [{"k": 1}, {"k": 2}]).to_dict()["v"] == [11, 20]
    assert path.exists()


def test_rows_of_another_schema_are_refused(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(path)])
    with pytest.raises(ValueError, match=r"missing_expected_columns: \['v'\].*extra_unexpected_columns: \['w'\]"):
        store.write_to_offline_store("stats", entities([(1, at(1), 11)], "k event_timestamp w"))
    assert pq.read_metadata(path).num_rows == 1


def test_rows_out_of_the_ttl_give_way_to_written_ones(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(path, ttl=timedelta(minutes=10))])
    asked = entities([(1, at(3)), (1, at(4)), (1, at(5))])
    assert values(store.get_historical_features(asked, ["stats:v"]).to_df()) == [None] * 3
    for hours in (3, 4, 5):
        store.write_to_offline_store("stats", entities([(1, at(hours), hours)], "k event_timestamp v"))
    assert values(store.get_historical_features(asked, ["stats:v"]).to_df()) == [3, 4, 5]


@pytest.mark.parametrize("as_path", [False, True])
def test_logs_with_the_schema_of_a_service_are_read_back_whole(store, tmp_path, as_path):
    stats = view(write(tmp_path / "a.parquet", [(1, at(0), 10)]))
    request = RequestSource(name="request", schema=[Field(name="extra", dtype=Int64)])

    @on_demand_feature_view(sources=[stats, request], schema=[Field(name="total", dtype=Float64)], mode="pandas")
    def sums(inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"total": (inputs["v"] + inputs["extra"]).astype("float64")})

    config = LoggingConfig(destination=FileLoggingDestination(path="logs"))
    service = FeatureService(name="served", features=[stats, sums], logging_config=config)
    store.apply([entity(), stats, sums, service])
    schema = FeatureServiceLoggingSource(service, store.project).get_schema(store.registry)
    assert {"k", "extra", "stats__v", "sums__total", "sums__total__status", "__log_timestamp"} <= set(schema.names)

    def log(number: int) -> dict:
        row = dict.fromkeys(schema.names)
        row |= {"k": number, "extra": 5, "stats__v": 10 * number or None, "sums__total": 10.0 * number + 5}
        moment = at(number)
        return row | {"__log_timestamp": moment, "__log_date": moment.date(), "__request_id": f"request-{number}"}

    batches = [pa.Table.from_pylist([log(number) for number in range(i, i + 5)], schema) for i in (0, 5)]
    for number, batch in enumerate(batches):
        logs = batch
        if as_path:
            logs = tmp_path / f"batch-{number}"
            logs.mkdir()
            pq.write_table(batch, logs / "part.parquet")
        store.write_logged_features(logs, service)
    retrieve = store._get_provider().retrieve_feature_service_logs
    pulled = retrieve(service, at(2), at(7), store.config, store.registry).to_arrow()
    expected = pa.concat_tables(batches).slice(2, 6)
    columns = [name for name in schema.names if name != "__log_date"]
    assert pulled.select(columns).to_pylist() == expected.select(columns).to_pylist()


TYPES = {
    "int32": (Int32, pa.int32(), 7),
    # Feast materializes integers with nulls as floats: a larger one would change.
    "int64": (Int64, pa.int64(), 2**53 - 1),
    "float32": (Float32, pa.float32(), 0.5),
    "float64": (Float64, pa.float64(), 0.1),
    "bool": (Bool, pa.bool_(), True),
    "string": (String, pa.string(), "it's"),
    "bytes": (Bytes, pa.binary(), b"\x00\xff"),
    "time": (UnixTimestamp, pa.timestamp("us", "UTC"), datetime(2024, 2, 29, 12, tzinfo=UTC)),
}
LISTS = {
    f"{name}s": (Array(feast_type), pa.list_(arrow_type), [value, value])
    for name, (feast_type, arrow_type, value) in TYPES.items()
}


@pytest.mark.parametrize("name", [*TYPES, *LISTS])
def test_each_type_is_the_same_offline_and_online(store, tmp_path, name):
    feast_type, arrow_type, value = (TYPES | LISTS)[name]
    columns = {"k": [1, 2], "event_timestamp": pa.array([at(0)] * 2, pa.timestamp("us", "UTC"))}
    pq.write_table(pa.table({**columns, "v": pa.array([value, None], arrow_type)}), tmp_path / "a.parquet")
    store.apply([entity(), view(tmp_path / "a.parquet", features={"v": feast_type})])
    job = store.get_historical_features(entities([(1, at(1)), (3, at(1)), (2, at(1))]), ["stats:v"])
    assert job.to_arrow()["v"].type == arrow_type
    assert job.to_arrow()["v"].to_pylist() == [value, None, None]
    store.materialize(at(-1), at(1))
    assert store.get_online_features(["stats:v"], [{"k": 1}]).to_dict()["v"] == [value]


@pytest.mark.filterwarnings("ignore:Entity value_type will be mandatory:DeprecationWarning")
@pytest.mark.parametrize("key", [pa.int32(), pa.int64(), pa.string()])
@pytest.mark.parametrize("target", ["d", "d/*.parquet", "d/a.parquet"])
def test_features_and_keys_are_inferred_from_the_source(store, tmp_path, target, key):
    (tmp_path / "d").mkdir()
    columns = {"k": pa.array([1, 2]).cast(key), "event_timestamp": pa.array([NOON] * 2, pa.timestamp("us", "UTC"))}
    pq.write_table(pa.table({**columns, "v": [0.5, 1.5], "w": ["a", "b"]}), tmp_path / "d" / "a.parquet")
    source = FileSource(path=str(tmp_path / target), timestamp_field="event_timestamp")
    stats = FeatureView(name="stats", entities=[Entity(name="k", join_keys=["k"])], source=source)
    store.apply([Entity(name="k", join_keys=["k"]), stats])
    applied = store.get_feature_view("stats")
    assert {field.name: field.dtype for field in applied.features} == {"v": Float64, "w": String}
    expected = {pa.int32(): Int32, pa.int64(): Int64, pa.string(): String}[key]
    assert [(column.name, column.dtype) for column in applied.entity_columns] == [("k", expected)]
    asked = pd.DataFrame({"k": columns["k"].to_pandas(), "event_timestamp": [at(1)] * 2})
    assert values(store.get_historical_features(asked, ["stats:w"]).to_df(), "w") == ["a", "b"]
