"""Small capstones, their Feast store and a server: `python -m tests.unit.serving.capstones HOME PORT GRPC_PORT`.

`tiny` has a feature service, `plain` has none, `unborn` has no model. `steady` is `tiny` with defaults of two features.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import mlflow.pyfunc
import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

CARRIERS = ("AA", "UA", "ZZ")  # ZZ has no features


class TinyRequest(BaseModel):
    """A flight, an hour before its departure."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(examples=["AA"])
    origin: str = Field(pattern="^[A-Z]{3}$", examples=["JFK"])
    tailnum: str | None = None
    sched_dep: AwareDatetime = Field(examples=["2013-06-01T13:00:00Z"])
    seats_sold: int = Field(0, ge=0, strict=True)

    @field_validator("carrier")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CARRIERS:
            raise ValueError(f"unknown carrier {value!r}; expected one of {', '.join(CARRIERS)}")
        return value

    def prediction_time(self) -> datetime:
        return self.sched_dep.astimezone(UTC) - timedelta(hours=1)


class PlainRequest(BaseModel):
    """No features: the fields are the model's input."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    x: float = Field(examples=[1.5])
    y: float | None = None

    def prediction_time(self) -> datetime:
        return datetime.now(UTC)


TASKS = {
    "tiny": SimpleNamespace(Request=TinyRequest, FEATURE_SERVICE="tiny"),
    "plain": SimpleNamespace(Request=PlainRequest, FEATURE_SERVICE=None),
    "unborn": SimpleNamespace(Request=PlainRequest, FEATURE_SERVICE=None),
    "steady": SimpleNamespace(
        Request=TinyRequest, FEATURE_SERVICE="tiny", FEATURE_DEFAULTS={"carrier_delay": 10.0, "runways": 2}
    ),
}


class Model(mlflow.pyfunc.PythonModel):
    """The sigmoid of the sum of its columns, missing values counting nothing, plus a bias that tells versions apart."""

    def __init__(self, columns: list[str], bias: float):
        self.columns, self.bias = columns, bias

    def predict_columns(self, columns: dict[str, list]) -> np.ndarray:
        values = np.array([[np.nan if v is None else v for v in columns[name]] for name in self.columns], dtype=float)
        return 1 / (1 + np.exp(-(self.bias + np.nansum(values, axis=0) / 100)))

    def predict(self, context, model_input, params=None):
        return self.predict_columns({name: model_input[name].tolist() for name in self.columns})


class ExplainedModel(Model):
    """The same, and what each column adds to its margin."""

    def explain_columns(self, columns: dict[str, list]) -> tuple[np.ndarray, np.ndarray]:
        values = np.array([[0.0 if v is None else v for v in columns[name]] for name in self.columns], dtype=float)
        return np.full(values.shape[1], self.bias), values.T / 100


def make_model(name: str, bias: float) -> Model:
    """Return the model of a capstone; that of `plain` explains nothing."""
    return (Model if name == "plain" else ExplainedModel)(COLUMNS[name], bias)


COLUMNS = {"tiny": ["carrier_delay", "carrier_flights", "runways", "age", "hour"], "plain": ["x", "y"]}
COLUMNS |= {"steady": COLUMNS["tiny"], "unborn": ["x", "beyond"]}  # `unborn` cannot serve: nothing has `beyond`


def make_store(home: Path):
    """Return an applied store; `carrier` features live an hour, `tailnum` ones a day, `origin` ones for ever."""
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

    store = open_store(home)
    service = FeatureService(name="tiny", features=[carrier, airport, aircraft, clock])
    store.apply([*entities.values(), carrier, airport, aircraft, clock, service])
    return FeatureStore(config=store.config)


def open_store(home: Path):
    """Return the store under a folder."""
    from feast import FeatureStore, RepoConfig

    return FeatureStore(
        config=RepoConfig(
            project="tiny",
            provider="local",
            registry={"registry_type": "sql", "path": f"sqlite:///{home}/registry.db", "cache_ttl_seconds": 0},
            offline_store={"type": "feature_repo.offline_store.asof.AsofOfflineStore"},
            online_store={"type": "sqlite", "path": str(home / "online.db")},
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


def offline(store, rows: list[BaseModel]):
    """Return the features of rows as training would see them."""
    import pandas as pd

    frame = pd.DataFrame([row.model_dump() | {"event_timestamp": row.prediction_time()} for row in rows])
    return store.get_historical_features(frame, store.get_feature_service("tiny")).to_df()


if __name__ == "__main__":
    from serving.logs import configure

    configure()
    from serving.model.repository import CapstoneRepository
    from serving.server import serve
    from tests.integration.serving import capstones  # not __main__, or pickled models would name other classes

    folder, rest_port, grpc_port = sys.argv[1:]
    repository = CapstoneRepository(
        lambda: list(capstones.TASKS), capstones.TASKS.__getitem__, lambda: open_store(Path(folder))
    )
    serve(repository, port=int(rest_port), grpc_port=int(grpc_port))
