"""The online store at simulated times: each row of a feature view is written when it arrives, and not before."""

import io
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.errors import CapstanError

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore, FeatureView, RepoConfig
    from feast.infra.online_stores.online_store import OnlineStore

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Arrivals:
    """Feature rows on their way into the online store of a capstone."""

    def __init__(self, store: "FeatureStore", features: "dict[str, pd.DataFrame]", start: datetime, end: datetime):
        """Put the store into the state of `start`. Rows that arrive later, up to `end`, wait."""
        from feast.infra.online_stores.helpers import get_online_store_from_config

        self._config, self.written = store.config, 0
        self._online = get_online_store_from_config(store.config.online_store)
        views = store.list_batch_feature_views()
        with redirect_stdout(io.StringIO()):  # Feast prints the names of the views
            store.materialize(start_date=EPOCH, end_date=start, feature_views=[view.name for view in views])
        _commit_quickly(self._online, store.config)
        self._waiting = [_Waiting(view, features[view.name], start, end) for view in views]

    def write(self, now: datetime) -> None:
        """Write what has arrived by now."""
        for waiting in self._waiting:
            if rows := waiting.take(now):
                self._online.online_write_batch(self._config, waiting.view, rows, None)
                self.written += len(rows)


def _commit_quickly(online: "OnlineStore", config: "RepoConfig") -> None:
    """Have SQLite leave it to the system when a commit reaches the disk.

    A minute of simulated time has some five commits, and to wait for the disk each time would take most of a replay. A
    store that a power failure damages is found by the next run, and made again.
    """
    from feast.infra.online_stores.sqlite import SqliteOnlineStore

    if isinstance(online, SqliteOnlineStore):
        online._get_conn(config).execute("PRAGMA synchronous = OFF")


class _Waiting:
    """The rows of one view that have not arrived yet, in the form in which Feast writes them."""

    def __init__(self, view: "FeatureView", rows: "pd.DataFrame", start: datetime, end: datetime):
        source = view.batch_source
        if source is None:
            raise CapstanError(f"The feature view {view.name} has no batch source, so its past cannot be replayed.")
        event, arrival = source.timestamp_field, source.created_timestamp_column or source.timestamp_field
        rows = rows.sort_values([arrival, event], kind="stable")
        # The newest row of a key counts. One that arrives after a newer one changes nothing.
        newest = rows.groupby(view.join_keys, dropna=False)[event].cummax()
        rows = rows[(rows[event] == newest) & (rows[arrival] > start) & (rows[arrival] <= end)]
        self.view, self._next = view, 0
        self._times = _micros(rows[arrival])
        self._rows = _protos(view, rows, event, arrival)

    def take(self, now: datetime) -> list[Any]:
        """Return the rows that have arrived since the last call."""
        first = self._next
        self._next = int(np.searchsorted(self._times, np.datetime64(now.replace(tzinfo=None), "us"), side="right"))
        return self._rows[first : self._next]


def _protos(view: "FeatureView", rows: "pd.DataFrame", event: str, arrival: str) -> list[Any]:
    """Return what an online store of Feast takes: of each row its key, its features, and its two times."""
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.type_map import python_values_to_proto_values

    fields = [*view.entity_columns, *view.features]
    columns = {
        field.name: python_values_to_proto_values(
            rows[field.name].astype(object).where(rows[field.name].notna(), None).tolist(), field.dtype.to_value_type()
        )
        for field in fields
    }
    keys = [field.name for field in view.entity_columns]
    names = [field.name for field in view.features]
    # SQLite takes no subclass of datetime.
    times = zip(*([moment.to_pydatetime() for moment in rows[name]] for name in (event, arrival)), strict=True)
    return [
        (
            EntityKey(join_keys=keys, entity_values=[columns[key][row] for key in keys]),
            {name: columns[name][row] for name in names},
            *stamps,
        )
        for row, stamps in enumerate(times)
    ]


def _micros(times: "pd.Series") -> np.ndarray:
    micros: np.ndarray = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return micros
