"""The feature transformer: requests in, the columns of the model out.

Feast's online read returns the newest row of each entity, however old it is and even if it lies in the future of the
prediction. Training saw other data: the offline join takes a row only when `t - ttl <= event timestamp <= t`. The
transformer applies that same rule, so that a model never sees online what it could not have seen in training.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from capstan.errors import CapstanError
from serving.errors import Unavailable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PRESENT = 1  # feast's FieldStatus.PRESENT


@dataclass
class Report:
    """The features of one row that the model did not get, by the reason.

    `defaults` are those it got from the task's FEATURE_DEFAULTS, for the online store failed.
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


class FeatureTransformer:
    """Reads a feature service's online features for validated requests.

    Everything that Feast's registry knows is read here, once; `transform` only reads the online store. Loading a
    model again reads the registry again.
    """

    def __init__(self, store, service: str, request_type: type[BaseModel], columns: Sequence[str] = ()):
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
        self.on_demand: list[str] = []
        self.blanks: dict[str, object] = {}  # join key -> what is looked up where the request has None
        self.request_data: dict[str, object] = {}  # what on-demand views compute from -> an example
        definitions = {view.name: view for view in store.list_all_feature_views()}
        for projection in projections:
            self._plan(projection, definitions[projection.name])
        self.inputs = sorted(self.request_data | self.blanks)
        if lacking := [name for name in self.inputs if not _has(request_type, name)]:
            raise CapstanError(f"Feature service {service!r} needs {lacking}, which {request_type.__name__} lacks.")
        self.features = [name for view in self.views for name in view.columns] + self.on_demand
        # The first look-up imports and connects for 0.4 s. If it fails, the first request says why.
        with suppress(Exception):
            self.check()

    def check(self) -> None:
        """Look up a row that nobody has. Raises Unavailable when the online store fails."""
        self._read({name: [value] for name, value in (self.request_data | self.blanks).items()})

    def _plan(self, projection, view) -> None:
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
            self.on_demand += names
            self.request_data |= {name: _blank(kind) for name, kind in view.get_request_data_schema().items()}
            return
        keys = {projection.join_key_map.get(c.name, c.name): c.dtype for c in view.entity_columns}
        keys.pop("__dummy_id", None)  # a view without entities
        self.blanks |= {key: _blank(dtype.to_value_type()) for key, dtype in keys.items()}
        self.views.append(View(list(keys), names, view.ttl // MICROSECOND if view.ttl else None))

    def transform(self, requests: Sequence[BaseModel]) -> tuple[dict[str, list], list[Report]]:
        """Return the features as columns of n values, None where there is no valid one, and n reports.

        Raises Unavailable when the online store fails.
        """
        rows = {name: [getattr(request, name) for request in requests] for name in self.inputs}
        lookup = {name: self._fill(name, values) for name, values in rows.items()}
        response = self._read(lookup)
        columns, results = response.to_dict(), response.proto.results
        index = {name: i for i, name in enumerate(response.proto.metadata.feature_names.val)}
        times = [(request.prediction_time() - EPOCH) // MICROSECOND for request in requests]
        reports = [Report() for _ in requests]
        for view in self.views:
            stamps = results[index[view.columns[0]]].event_timestamps
            for row, time in enumerate(times):
                keyed = all(rows[key][row] is not None for key in view.join_keys)
                outside = _outside(stamps[row], time, view.ttl, reports[row])
                for name in view.columns:
                    if not keyed or results[index[name]].statuses[row] != PRESENT:
                        columns[name][row] = None
                        reports[row].missing.append(name)
                    elif outside is not None:
                        columns[name][row] = None
                        outside.append(name)
                    elif columns[name][row] is None:
                        reports[row].missing.append(name)
        return {name: columns[name] for name in self.features}, reports

    def _fill(self, name: str, values: list) -> list:
        # Feast cannot look up a key that is null: it looks up a blank one, and the row is reported as missing.
        if name not in self.blanks or None not in values:
            return values
        return [self.blanks[name] if value is None else value for value in values]

    def _read(self, lookup: dict[str, list]):
        import sqlite3

        from redis.exceptions import RedisError

        try:
            return self.store.get_online_features(self.service, lookup, full_feature_names=self.full_names)
        except (OSError, sqlite3.Error, RedisError) as error:
            problem = str(error)
        # Not from the error itself: its traceback holds a cursor, which the event loop would close when it is done with
        # the error. While another thread waits for a locked SQLite, closing waits as well, and with it the server.
        raise Unavailable(f"The online store does not answer: {problem}")


def _blank(kind) -> object:
    """Return some value of Feast's `ValueType`."""
    return {"STRING": "", "UNIX_TIMESTAMP": EPOCH}.get(kind.name, 0)


def _has(request_type: type[BaseModel], name: str) -> bool:
    return name in request_type.model_fields or hasattr(request_type, name)


def _outside(stamp, time: int, ttl: int | None, report: Report) -> list[str] | None:
    """Return the list that a row outside its window belongs to, or None for a valid one; times in microseconds."""
    event = stamp.seconds * 1_000_000 + stamp.nanos // 1000
    if event > time:
        return report.future
    return report.expired if ttl is not None and time - event > ttl else None
