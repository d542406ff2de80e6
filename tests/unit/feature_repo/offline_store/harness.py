"""Real Feast stores on parquet files in a temporary directory."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Int64

ASOF = "feature_repo.offline_store.asof.AsofOfflineStore"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def feature_store(directory: Path, offline_store: str = ASOF, **options) -> FeatureStore:
    """Return a store with its registry and online store in `directory`. `options` are settings of the offline store."""
    directory.mkdir(parents=True, exist_ok=True)
    config = RepoConfig(
        project="test",
        provider="local",
        registry=str(directory / "registry.db"),
        online_store={"type": "sqlite", "path": str(directory / "online.db")},
        offline_store={"type": offline_store, **options},
        materialization={"pull_latest_features": True},
        entity_key_serialization_version=3,
    )
    config.repo_path = directory
    return FeatureStore(config=config)


def entity(name: str = "k") -> Entity:
    return Entity(name=name, join_keys=[name], value_type=ValueType.INT64)


def view(
    path: Path | str,
    name: str = "stats",
    keys: tuple[str, ...] = ("k",),
    features: dict | tuple[str, ...] = ("v",),
    ttl: timedelta | None = None,
    created: str = "",
    **source,
) -> FeatureView:
    """Return a feature view over the parquet files at `path`. Features are integers unless `features` gives types."""
    types = features if isinstance(features, dict) else dict.fromkeys(features, Int64)
    return FeatureView(
        name=name,
        entities=[entity(key) for key in keys],
        ttl=ttl,
        schema=[Field(name=key, dtype=Int64) for key in keys]
        + [Field(name=feature, dtype=dtype) for feature, dtype in types.items()],
        source=FileSource(
            path=str(path),
            **{"timestamp_field": "event_timestamp", "created_timestamp_column": created, "name": f"{name}_source"}
            | source,
        ),
    )


def write(path: Path, rows: list[tuple], columns: str = "k event_timestamp v") -> Path:
    """Write rows as parquet. None becomes null in any column, and times are in microseconds."""
    columns_of_rows = zip(columns.split(), zip(*rows, strict=True), strict=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: _array(column) for name, column in columns_of_rows}), path)
    return path


def _array(column: tuple) -> pa.Array:
    known = next((value for value in column if value is not None), None)
    if not isinstance(known, datetime) or known.tzinfo is None:
        return pa.array(column)
    # Once pandera is imported, pyarrow reads a time in another zone as if it were in UTC. Integers avoid that.
    instants = [None if value is None else (value - EPOCH) // timedelta(microseconds=1) for value in column]
    zone = pa.array([known]).type.tz
    return pa.array(instants, pa.int64()).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))


def at(hours: float) -> datetime:
    """Return the moment that many hours after noon."""
    return NOON + timedelta(hours=hours)


def entities(rows: list[tuple], columns: str = "k event_timestamp") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def values(frame: pd.DataFrame, column: str = "v") -> list:
    """Return a column as a list, with None for missing values."""
    return [None if pd.isna(value) else value for value in frame[column]]
