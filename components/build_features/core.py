"""Build features: make the rows of each feature view, and join them, point in time, into the training set."""

from pathlib import Path
from typing import Any

from capstan.capstone import TRAINING_SET
from capstan.catalogue import load
from capstan.files import digest, read_tables, write_json, write_tables


def build_features(
    capstone: str, tables: str, features: str, training_set: str, metrics: str
) -> tuple[dict[str, float], str]:
    """Write the feature tables to the folder `features`, the training set and CARRIED tables to `training_set`.

    Nothing outside these folders changes. Return the number of rows and the share of nulls of each feature, and the
    name of the feature service with the digest of its views.
    """
    from feature_repo.store import temporary_store

    task = load(capstone)
    clean = read_tables(tables)
    write_tables(task.feature_tables(clean), features)
    with temporary_store(capstone, Path(features)) as store:
        service = store.get_feature_service(task.FEATURE_SERVICE)
        rows = store.get_historical_features(entity_df=task.entity_rows(clean), features=service).to_df()
        version = _version(store, service)
    carried = {name: clean[name] for name in task.CARRIED}
    write_tables({TRAINING_SET: rows} | carried, training_set)
    names = [field.name for projection in service.feature_view_projections for field in projection.features]
    nulls = {f"null_share_{column}": float(rows[column].isna().mean()) for column in names if column in rows}
    return write_json({"rows": len(rows)} | nulls, metrics), version


def _version(store: Any, service: Any) -> str:
    """Return the name of a feature service with the digest of its views: their fields, keys and TTLs."""
    used = {projection.name for projection in service.feature_view_projections}
    views = [view for view in store.list_all_feature_views() if view.name in used]
    parts = [
        f"{view.name} {view.features} {getattr(view, 'entities', '')} {getattr(view, 'ttl', '')}" for view in views
    ]
    return f"{service.name}@{digest(*sorted(parts))}"
