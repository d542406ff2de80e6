"""The feature transformer: requests in, the columns of the model out.

Feast's online read returns the newest row of each entity, however old it is and even if it lies in the future of the
prediction. Training saw other data: the offline join takes a row only when `t - ttl <= event timestamp <= t`. The
transformer applies that same rule, so that a model never sees online what it could not have seen in training.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from capstan.errors import CapstanError, Unavailable
from serving.schema.rows import Row

if TYPE_CHECKING:
    from feast.on_demand_feature_view import OnDemandFeatureView
    from feast.value_type import ValueType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SCALARS = {"double_val", "float_val", "int64_val", "int32_val", "string_val", "bool_val"}
PRESENT = 1  # feast's FieldStatus.PRESENT


@dataclass
class Report:
    """The features of one row that the model did not get, by reason.

    `defaults` are those that it got from FEATURE_DEFAULTS, because the online store failed.
    """

    missing: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    future: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class View:
    """What the hot path needs of one feature view of the service; `ttl` in microseconds, None without limit."""

    join_keys: list[str]
    columns: list[str]
    ttl: int | None


@dataclass(frozen=True)
class OnDemand:
    """A view of the service that computes from the request."""

    definition: "OnDemandFeatureView"
    columns: list[str]

    def compute(self, inputs: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return its columns. Times are given to it in UTC, as by Feast."""
        inputs = {name: [_utc(value) for value in values] for name, values in inputs.items()}
        outputs = self.definition.transform_dict(inputs)
        return {name: list(outputs[name]) for name in self.columns}


class FeatureTransformer:
    """Reads a feature service's online features for validated requests.

    Everything that Feast's registry knows is read here, once; `transform` only reads the online store. Loading a
    model again reads the registry again.
    """

    def __init__(self, store: Any, service: str, request_type: type[BaseModel], columns: Sequence[str] = ()):
        """`columns` are those the model needs; the names in it decide whether features carry their view's name.

        Raises CapstanError when the request lacks a key that the service needs.
        """
        self.store = store
        # feature_store.yaml gives the cache of the registry no end, or Feast would read it in the middle of a request.
        store.refresh_registry()
        try:
            self.service = store.get_feature_service(service)
        except Exception as error:
            raise CapstanError(f"Feast has no feature service {service!r} ({error}). Run `feast apply`.") from error
        projections = self.service.feature_view_projections
        full_names = {f"{p.name_to_use()}__{f.name}" for p in projections for f in p.features}
        self.full_names = not full_names.isdisjoint(columns)
        self.views: list[View] = []
        self.on_demand: list[OnDemand] = []
        self.blanks: dict[str, Any] = {}  # join key -> what is looked up where the request has None
        self.request_data: dict[str, Any] = {}  # what on-demand views compute from -> an example
        definitions = {view.name: view for view in store.list_all_feature_views()}
        for projection in projections:
            self._plan(projection, definitions[projection.name])
        self.inputs = sorted(self.request_data | self.blanks)
        if lacking := [name for name in self.inputs if not _has(request_type, name)]:
            raise CapstanError(f"Feature service {service!r} needs {lacking}, which {request_type.__name__} lacks.")
        names = [name for view in self.views for name in view.columns]
        self.features = names + [name for view in self.on_demand for name in view.columns]
        self._choose_query(projections)
        # The first look-up imports and connects for 0.4 s. If it fails, the first request says why.
        with suppress(Exception):
            self.check()

    def _choose_query(self, projections: Sequence[Any]) -> None:
        """Where possible, ask Feast for stored features only, and run on-demand views here: that takes 0.03 ms, where
        Feast takes 0.3 ms."""
        stored = [p for p in projections if p.name not in {view.definition.name for view in self.on_demand}]
        renamed = any(p.name_alias or p.join_key_map for p in stored)
        self.computes = bool(stored) and not renamed and all(v.definition.mode == "python" for v in self.on_demand)
        self.query = [f"{p.name}:{f.name}" for p in stored for f in p.features] if self.computes else self.service
        self.asked = self.blanks if self.computes else self.request_data | self.blanks  # names -> examples

    def check(self) -> None:
        """Look up an entity that does not exist. Raises Unavailable when the online store fails."""
        self._read({name: [value] for name, value in self.asked.items()})

    def _plan(self, projection: Any, view: Any) -> None:
        from feast.on_demand_feature_view import OnDemandFeatureView

        names = [f"{projection.name_to_use()}__{f.name}" if self.full_names else f.name for f in projection.features]
        if isinstance(view, OnDemandFeatureView):
            if self.full_names:  # feast 0.67 then drops the outputs of views in Python mode
                raise CapstanError(f"The model names features VIEW__FEATURE; Feast leaves out {names} by such names.")
            if stored := sorted(view.source_feature_view_projections):
                raise CapstanError(
                    f"On-demand view {view.name!r} computes from the stored views {stored}; online, Feast gives it "
                    "rows that are expired or lie in the future. Compute the feature where the rows are written."
                )
            self.on_demand.append(OnDemand(view, names))
            self.request_data |= {name: _blank(kind) for name, kind in view.get_request_data_schema().items()}
            return
        keys = {projection.join_key_map.get(c.name, c.name): c.dtype for c in view.entity_columns}
        keys.pop("__dummy_id", None)  # a view without entities
        self.blanks |= {key: _blank(dtype.to_value_type()) for key, dtype in keys.items()}
        self.views.append(View(list(keys), names, view.ttl // MICROSECOND if view.ttl else None))

    def transform(self, rows: Sequence[Row]) -> tuple[dict[str, list[Any]], list[Report]]:
        """Return the features as columns of n values, None where there is no valid one, and n reports.

        Raises Unavailable when the online store fails.
        """
        inputs = {name: [getattr(row.request, name) for row in rows] for name in self.inputs}
        response = self._read({name: self._fill(name, inputs[name]) for name in self.asked})
        index = {name: i for i, name in enumerate(response.metadata.feature_names.val)}
        times = [(row.time - EPOCH) // MICROSECOND for row in rows]
        reports = [Report() for _ in rows]
        columns: dict[str, list[Any]] = {}
        for computed in self.on_demand:
            if self.computes:
                columns |= computed.compute({name: inputs[name] for name in self.request_data})
            else:
                results = {name: response.results[index[name]] for name in computed.columns}
                columns |= {name: [_python(value) for value in result.values] for name, result in results.items()}
        for view in self.views:
            results = {name: response.results[index[name]] for name in view.columns}
            stamps = results[view.columns[0]].event_timestamps
            keyed = [all(inputs[key][row] is not None for key in view.join_keys) for row in range(len(rows))]
            outside = [_outside(view.ttl, *row) for row in zip(stamps, times, reports, strict=True)]
            for name, result in results.items():
                columns[name] = values = [_python(value) for value in result.values]
                for row, status in enumerate(result.statuses):
                    left_out = outside[row]
                    # Of an entity that Redis does not have, Feast says that a null of 1970 is present.
                    if not keyed[row] or status != PRESENT or values[row] is None:
                        values[row] = None
                        reports[row].missing.append(name)
                    elif left_out is not None:
                        values[row] = None
                        left_out.append(name)
        return {name: columns[name] for name in self.features}, reports

    def _fill(self, name: str, values: list[Any]) -> list[Any]:
        # Feast cannot look up a null key. A blank one is looked up instead, and the row is reported as missing.
        if name not in self.blanks or None not in values:
            return values
        return [self.blanks[name] if value is None else value for value in values]

    def _read(self, lookup: dict[str, list[Any]]) -> Any:
        import sqlite3

        from redis.exceptions import RedisError

        try:
            return self.store.get_online_features(self.query, lookup, full_feature_names=self.full_names).proto
        except (OSError, sqlite3.Error, RedisError) as error:
            problem = str(error)
        # Not `from error`: its traceback holds a cursor, which the event loop would close when it drops the error.
        # While another thread waits for a locked SQLite, closing waits as well, and the server with it.
        raise Unavailable(f"The online store does not answer: {problem}")


def _blank(kind: "ValueType") -> object:
    """Return some value of Feast's `ValueType`."""
    return {"STRING": "", "UNIX_TIMESTAMP": EPOCH}.get(kind.name, 0)


def _utc(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _python(value: Any) -> object:
    """Return what a `Value` of Feast holds: the common kinds directly, which a look-up has dozens of."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    if kind in SCALARS:
        return getattr(value, kind)
    from feast.type_map import feast_value_type_to_python_type

    return feast_value_type_to_python_type(value)


def _has(request_type: type[BaseModel], name: str) -> bool:
    return name in request_type.model_fields or hasattr(request_type, name)


def _outside(ttl: int | None, stamp: Any, time: int, report: Report) -> list[str] | None:
    """Return the list of a row's report that its value belongs to, None for a valid value; times in microseconds."""
    event = stamp.seconds * 1_000_000 + stamp.nanos // 1000
    if event > time:
        return report.future
    return report.expired if ttl is not None and time - event > ttl else None
