"""What the store writes: rows of a source, saved datasets, logged features."""

import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureService, Field
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination, SavedDatasetFileStorage
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64

from .harness import at, entities, entity, values, view, write


def push(rows, columns="k event_timestamp v") -> pd.DataFrame:
    return entities(rows, columns)


def test_rows_are_added_to_a_file(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(path)])
    store.write_to_offline_store("stats", push([(11, at(1), 1)], "v event_timestamp k"))
    store.write_to_offline_store("stats", push([(2, at(1), 20)]))
    result = store.get_historical_features(entities([(1, at(0)), (1, at(1)), (2, at(1))]), ["stats:v"]).to_df()
    assert values(result) == [10, 11, 20]
    assert [each.name for each in tmp_path.glob("a*")] == ["a.parquet"]


def test_rows_are_added_to_a_directory_as_a_file(store, tmp_path):
    old = write(tmp_path / "d" / "a.parquet", [(1, at(0), 10)])
    before = old.read_bytes()
    store.apply([entity(), view(tmp_path / "d")])
    store.write_to_offline_store("stats", push([(1, at(1), 11)]))
    assert old.read_bytes() == before
    assert values(store.get_historical_features(entities([(1, at(1))]), ["stats:v"]).to_df()) == [11]


@pytest.mark.parametrize("source", ["d/part-0.parquet", "d"])
def test_the_row_written_last_wins_a_tie(store, tmp_path, source):
    write(tmp_path / "d" / "part-0.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(tmp_path / source)])
    for value in range(11, 15):
        store.write_to_offline_store("stats", push([(1, at(0), value)]))
        assert values(store.get_historical_features(entities([(1, at(0))]), ["stats:v"]).to_df()) == [value]


def test_rows_are_written_under_the_names_and_types_of_the_source(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)], "id event_timestamp val")
    store.apply([entity(), view(path, field_mapping={"id": "k", "val": "v"})])
    schema = pd.read_parquet(path).dtypes.to_dict()
    store.write_to_offline_store("stats", push([(1, at(1), 11)], "id event_timestamp val"))
    assert pd.read_parquet(path)["val"].tolist() == [10, 11]
    assert pd.read_parquet(path).dtypes.to_dict() == schema


def test_rows_are_refused_for_a_glob_or_with_other_columns(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(str(tmp_path / "*.parquet"))])
    with pytest.raises(ValueError, match="make the source's path the directory"):
        store.write_to_offline_store("stats", push([(1, at(1), 11)]))
    source = view(path)
    table = pa.table({"k": [1], "w": [2]})
    with pytest.raises(ValueError, match=r"Cannot write columns \['k', 'w'\]"):
        store._get_provider().offline_store.offline_write_batch(store.config, source, table, None)
    assert len(pd.read_parquet(path)) == 1


@pytest.fixture
def job(store, tmp_path):
    """A retrieval with an on-demand feature."""
    stats = view(write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), 20)]))

    @on_demand_feature_view(sources=[stats], schema=[Field(name="twice", dtype=Float64)], mode="pandas")
    def doubled(inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"twice": inputs["v"] * 2.0})

    store.apply([entity(), stats, doubled])
    return store.get_historical_features(entities([(2, at(1)), (1, at(2))]), ["stats:v", "doubled:twice"])


@pytest.mark.parametrize("name", ["saved.parquet", "new/saved.parquet", "saved"])
def test_a_saved_dataset_holds_the_features_and_is_read_back(store, job, tmp_path, name):
    storage = SavedDatasetFileStorage(str(tmp_path / name))
    with pytest.warns(RuntimeWarning, match="experimental"):
        store.create_saved_dataset(job, "training", storage)
    assert pd.read_parquet(tmp_path / name)["twice"].tolist() == [40.0, 20.0]
    result = store.get_saved_dataset("training").to_df()
    assert sorted(result.columns) == ["event_timestamp", "k", "twice", "v"]
    assert result["v"].tolist() == [20, 10]


@pytest.mark.parametrize("name", ["saved.parquet", "saved"])
def test_a_saved_dataset_is_overwritten_only_on_request_and_then_whole(store, job, tmp_path, name):
    storage = SavedDatasetFileStorage(str(tmp_path / name))
    store.create_saved_dataset(job, "training", storage)
    with pytest.raises(SavedDatasetLocationAlreadyExists):
        store.create_saved_dataset(job, "training", storage)
    store.create_saved_dataset(job, "training", storage, allow_overwrite=True)
    assert len(pd.read_parquet(tmp_path / name)) == 2


def test_a_dataset_that_cannot_be_computed_leaves_the_saved_one(store, job, tmp_path):
    storage = SavedDatasetFileStorage(str(tmp_path / "saved"))
    store.create_saved_dataset(job, "training", storage)
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        store.create_saved_dataset(job, "training", storage, allow_overwrite=True)
    assert len(pd.read_parquet(tmp_path / "saved")) == 2


@pytest.mark.parametrize("partition_by", [None, ["k"]])
def test_logged_features_are_added_and_read_back(store, tmp_path, partition_by):
    stats = view(write(tmp_path / "a.parquet", [(1, at(0), 10)]))
    destination = FileLoggingDestination(path="logs", partition_by=partition_by)
    service = FeatureService(name="served", features=[stats], logging_config=LoggingConfig(destination=destination))
    store.apply([entity(), stats, service])
    for hours in (1, 2):
        logs = {"k": [1, 2], "stats__v": [hours, 20]}
        logs |= {"stats__v__timestamp": [at(0)] * 2, "stats__v__status": [2, 2]}
        logs |= {"__log_timestamp": [at(hours)] * 2, "__log_date": [at(hours).date()] * 2, "__request_id": ["a", "b"]}
        logged = pa.table(logs)
        if hours == 2:
            pa.parquet.write_table(logged, tmp_path / "flushed.parquet")
            logged = tmp_path / "flushed.parquet"
        store.write_logged_features(logged, service)
    pulled = store._get_provider().retrieve_feature_service_logs(service, at(0), at(9), store.config, store.registry)
    assert sorted(pulled.to_df()["stats__v"].tolist()) == [1, 2, 20, 20]
