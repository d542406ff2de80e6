"""Which entities have had events: these change features in the online store, and not in the offline store."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureService, FeatureStore


def changed(store: "FeatureStore", service: "FeatureService", entities: "pd.DataFrame") -> dict[str, set[int]]:
    """Return the places in `entities` whose row online is newer than any offline, by features that events feed."""
    found: dict[str, set[int]] = {}
    for projection in service.feature_view_projections:
        view = store.get_feature_view(projection.name) if not _computed(store, projection.name) else None
        if view is None or not getattr(view, "stream_source", None):
            continue
        keys = [column.name for column in view.entity_columns]
        asked = entities[keys].dropna()
        places, rows = list(asked.index), list(asked.itertuples(index=False, name=None))
        latest, now = _offline(store, view, keys), _online(store, view, keys, rows)
        newer = {place for place, row, time in zip(places, rows, now, strict=True) if time > latest.get(row, 0)}
        found |= {feature.name: newer for feature in projection.features}
    return found


def _computed(store: "FeatureStore", name: str) -> bool:
    return name in {view.name for view in store.list_on_demand_feature_views()}


def _online(store: "FeatureStore", view: Any, keys: list[str], rows: list[tuple[Hashable, ...]]) -> list[float]:
    """Return the times of the rows in the online store, as seconds; 0 where there is none."""
    if not rows:
        return []
    asked = [dict(zip(keys, row, strict=True)) for row in rows]
    told = store.get_online_features([f"{view.name}:{view.features[0].name}"], asked).proto
    names = list(told.metadata.feature_names.val)
    times = told.results[names.index(view.features[0].name)].event_timestamps
    return [time.seconds + time.nanos / 1e9 for time in times]


def _offline(store: "FeatureStore", view: Any, keys: list[str]) -> dict[tuple[Hashable, ...], float]:
    """Return the time of the newest row of each entity in the offline store, as seconds."""
    from feature_repo.offline_store.asof import AsofOfflineStore

    source = view.batch_source
    time, created = source.timestamp_field, source.created_timestamp_column
    always = datetime(1, 1, 1, tzinfo=UTC), datetime.now(UTC)
    job = AsofOfflineStore.pull_latest_from_table_or_query(store.config, source, keys, [], time, created, *always)
    frame = job.to_df()
    stamps = frame[time].map(lambda value: value.timestamp())
    return dict(zip(frame[keys].itertuples(index=False, name=None), stamps, strict=True))
