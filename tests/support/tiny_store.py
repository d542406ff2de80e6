"""The Feast store of the capstone `tiny`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from serving.schema.rows import Row

NOW = datetime(2013, 6, 1, 12, tzinfo=UTC)  # the prediction time of FLIGHT
FLIGHT = {"carrier": "AA", "origin": "JFK", "tailnum": "N1", "sched_dep": "2013-06-01T13:00:00Z", "seats_sold": 3}


def make_store(home: Path, redis: str = ""):
    """Return an applied store; `carrier` features live an hour, `tailnum` ones a day, `origin` ones for ever.

    redis: its address, in place of SQLite.
    """
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RequestSource, ValueType
    from feast.on_demand_feature_view import on_demand_feature_view
    from feast.types import Float64, Int64, UnixTimestamp

    def view(name: str, key: str, ttl: timedelta, **schema) -> FeatureView:
        source = FileSource(name=name, path=str(home / f"{name}.parquet"), timestamp_field="event_timestamp")
        fields = [Field(name=feature, dtype=dtype) for feature, dtype in schema.items()]
        return FeatureView(name=name, entities=[entities[key]], ttl=ttl, schema=fields, source=source)

    entities = {name: Entity(name=name, value_type=ValueType.STRING) for name in ("carrier", "origin", "tailnum")}
    carrier = view("carrier_stats", "carrier", timedelta(hours=1), carrier_delay=Float64, carrier_flights=Int64)
    airport = view("airports", "origin", timedelta(0), runways=Int64)
    aircraft = view("aircraft", "tailnum", timedelta(days=1), age=Float64)
    timetable = RequestSource(name="timetable", schema=[Field(name="sched_dep", dtype=UnixTimestamp)])

    @on_demand_feature_view(sources=[timetable], mode="python", schema=[Field(name="hour", dtype=Int64)])
    def clock(inputs: dict) -> dict:
        return {"hour": [value.hour for value in inputs["sched_dep"]]}

    store = open_store(home, redis)
    service = FeatureService(name="tiny", features=[carrier, airport, aircraft, clock])
    store.apply([*entities.values(), carrier, airport, aircraft, clock, service])
    return FeatureStore(config=store.config)


def open_store(home: Path, redis: str = ""):
    """Return the store under a folder, with the features that are online in SQLite or in Redis."""
    from feast import FeatureStore, RepoConfig

    sqlite = {"type": "sqlite", "path": str(home / "online.db")}
    return FeatureStore(
        config=RepoConfig(
            project="tiny",
            provider="local",
            registry={"registry_type": "sql", "path": f"sqlite:///{home}/registry.db", "cache_ttl_seconds": 0},
            offline_store={"type": "feature_repo.offline_store.asof.AsofOfflineStore"},
            online_store={"type": "redis", "connection_string": redis} if redis else sqlite,
            entity_key_serialization_version=3,
        )
    )


def write(store, view: str, key: str, value: str, at: datetime, **features) -> None:
    """Write one row of a view to the online store, and to the file that the offline store reads."""
    import pandas as pd

    frame = pd.DataFrame([{key: value, "event_timestamp": at, **features}]).astype(dict.fromkeys(features, "float64"))
    store.write_to_online_store(view, frame)
    path = Path(store.get_feature_view(view).batch_source.path)
    frame["event_timestamp"] = frame["event_timestamp"].dt.as_unit("us")
    earlier = [pd.read_parquet(path)] if path.exists() else []
    pd.concat([*earlier, frame]).to_parquet(path)


def offline(store, rows: Sequence[Row]):
    """Return the features of rows as training would see them."""
    import pandas as pd

    frame = pd.DataFrame([row.request.model_dump() | {"event_timestamp": row.time} for row in rows])
    return store.get_historical_features(frame, store.get_feature_service("tiny")).to_df()
