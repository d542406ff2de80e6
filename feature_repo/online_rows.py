"""The rows of one feature view in the online store.

Feast's `get_online_features` and `push` ask the registry each time, and `push` goes through pandas and Arrow: both took
12 ms of a core for one row. Feast's provider, which they end in, reads and writes it in 2 ms.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey

Entity = tuple[Any, ...]
Features = dict[str, Any]


class OnlineRows:
    """Reads and writes the features of entities, which are tuples of the values of `keys`.

    It has a connection to the store, so threads do not share it. What the registry knows of the view is read once.
    """

    def __init__(self, store: "FeatureStore", view: "FeatureView"):
        from feast.infra.provider import get_provider

        self.config, self.view, self.provider = store.config, view, get_provider(store.config)
        self.keys = [column.name for column in view.entity_columns]
        self._features = {feature.name: feature.dtype.to_value_type() for feature in view.features}
        self.features = list(self._features)
        if store.config.online_store.type == "sqlite":
            _log_ahead(store)

    def read(self, entities: Sequence[Entity]) -> dict[Entity, Features]:
        """Return the features of each entity, None for what is not known."""
        from feast.type_map import feast_value_type_to_python_type

        names, found = self.features, {}
        # A copy: that of Redis appends the name of the timestamp to what it is given.
        rows = self.provider.online_read(self.config, self.view, entity_keys(self.view, entities), [*names])
        for entity, (_, values) in zip(entities, rows, strict=True):
            known = values or {}
            found[entity] = {n: feast_value_type_to_python_type(known[n]) if n in known else None for n in names}
        return found

    def write(self, rows: Mapping[Entity, Features], at: datetime) -> None:
        """Write the features of entities as of an instant, all of them or none."""
        from feast.type_map import python_values_to_proto_values

        columns = [
            python_values_to_proto_values([features[name] for features in rows.values()], kind)
            for name, kind in self._features.items()
        ]
        source = self.view.batch_source
        created = at if source and source.created_timestamp_column else None
        values = (dict(zip(self._features, row, strict=True)) for row in zip(*columns, strict=True))
        pairs = zip(entity_keys(self.view, list(rows)), values, strict=True)
        data = [(key, features, at, created) for key, features in pairs]
        self.provider.online_write_batch(self.config, self.view, data, None)

    def count(self) -> int:
        """Return how many entities the store has."""
        if self.config.online_store.type == "redis":
            return self._count_in_redis()
        from feast.infra.online_stores.sqlite import SqliteOnlineStore, _table_id

        table = _table_id(self.config.project, self.view, self.config.registry.enable_online_feature_view_versioning)
        with closing(sqlite3.connect(SqliteOnlineStore._get_db_path(self.config), timeout=30)) as connection:
            [(number,)] = connection.execute(f'SELECT count(DISTINCT entity_key) FROM "{table}"')
        return int(number)

    def _count_in_redis(self) -> int:
        from feast.infra.online_stores.helpers import _redis_key_prefix, get_online_store_from_config

        online: Any = get_online_store_from_config(self.config.online_store)
        client = online._get_client(self.config.online_store)
        pattern = _redis_key_prefix(self.view.join_keys) + b"*" + self.config.project.encode()
        return sum(1 for _ in client.scan_iter(pattern, count=1_000))


def entity_keys(view: "FeatureView", entities: Sequence[Entity]) -> list["EntityKey"]:
    """Return Feast's keys of entities, which are tuples of the values of the view's entity columns, in their order."""
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.type_map import python_values_to_proto_values

    names = [column.name for column in view.entity_columns]
    columns = [
        python_values_to_proto_values([entity[place] for entity in entities], column.dtype.to_value_type())
        for place, column in enumerate(view.entity_columns)
    ]
    return [EntityKey(join_keys=names, entity_values=values) for values in zip(*columns, strict=True)]


def _log_ahead(store: "FeatureStore") -> None:
    """Let SQLite write ahead: a write then waits for the disk once, by default four times. The file keeps the mode."""
    from feast.infra.online_stores.sqlite import SqliteOnlineStore

    with closing(sqlite3.connect(SqliteOnlineStore._get_db_path(store.config), timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
