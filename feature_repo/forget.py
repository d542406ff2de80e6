"""Delete from the online store what events wrote about an entity. Feast itself deletes only whole views."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from capstan.errors import CapstanError
from feature_repo.online_rows import entity_keys

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView


def forget(store: "FeatureStore", entity: Mapping[str, Any]) -> list[str]:
    """Delete an entity from the views of a store that events are pushed to; return the views that had it.

    entity: fields of a request, by name. A view is left out when they lack one of its keys. What a view has from the
    capstone's data comes back when it is materialized next. Raises CapstanError when the store does not answer.
    """
    from redis.exceptions import RedisError

    views: list[Any] = [view for view in store.list_all_feature_views() if getattr(view, "stream_source", None)]
    try:
        return [view.name for view in views if set(view.join_keys) <= entity.keys() and _delete(store, view, entity)]
    except (OSError, sqlite3.Error, RedisError) as error:
        raise CapstanError(f"The online store does not answer: {error}. Start it, and erase again.") from error


def _delete(store: "FeatureStore", view: "FeatureView", entity: Mapping[str, Any]) -> bool:
    """Delete the features of an entity from a view; return whether there were any."""
    from feast.infra.key_encoding_utils import serialize_entity_key

    [key] = entity_keys(view, [tuple(entity[column.name] for column in view.entity_columns)])
    version = store.config.entity_key_serialization_version
    if store.config.online_store.type == "redis":
        return _delete_from_redis(store, view, key)
    return _delete_from_sqlite(store, view, serialize_entity_key(key, entity_key_serialization_version=version))


def _delete_from_sqlite(store: "FeatureStore", view: "FeatureView", key: bytes) -> bool:
    from feast.infra.online_stores.sqlite import SqliteOnlineStore, _table_id

    path = SqliteOnlineStore._get_db_path(store.config)
    table = _table_id(store.project, view, store.config.registry.enable_online_feature_view_versioning)
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        gone = connection.execute(f'DELETE FROM "{table}" WHERE entity_key = ?', (key,)).rowcount
        connection.execute("VACUUM")  # what was deleted, or written over earlier, leaves the disk
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # and the log of writes
    return gone > 0


def _delete_from_redis(store: "FeatureStore", view: "FeatureView", key: Any) -> bool:
    from feast.infra.online_stores.helpers import _mmh3, _redis_key, get_online_store_from_config

    online: Any = get_online_store_from_config(store.config.online_store)
    client = online._get_client(store.config.online_store)
    version = store.config.entity_key_serialization_version
    row_key = _redis_key(store.project, key, entity_key_serialization_version=version)
    fields = [_mmh3(f"{view.name}:{feature.name}") for feature in view.features]
    return bool(client.hdel(row_key, f"_ts:{view.name}", *fields))
