"""Build features: make the rows of each feature view, and join them, point in time, into the training set."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow.parquet as pq

from capstan.catalogue import load
from capstan.contract.capstone import TRAINING_SET, Capstone
from capstan.data.batches import Batches
from capstan.data.files import digest, read_tables, table_files, write_json, write_tables
from capstan.ray_workers import with_ray

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

    from feature_repo.offline_store.job import AsofRetrievalJob


def build_features(
    capstone: str, tables: str, features: str, training_set: str, metrics: str, *, keep: bool = False
) -> tuple[dict[str, float], str]:
    """Write the feature tables to the folder `features`, the training set and CARRIED tables to `training_set`.

    Return the number of rows and the share of nulls of each feature, and the name of the feature service with the
    digest of its views.
    keep: of a capstone with a FEATURE_WINDOW, what is built is kept next to its published features, and only days that
    changed since are built. Without it, nothing outside these folders changes. A training set in batches is not kept.
    """
    from feature_repo.offline_store.job import to_pandas
    from feature_repo.store import temporary_store

    task, clean, path = load(capstone), read_tables(tables), Path(training_set) / f"{TRAINING_SET}.parquet"

    with ExitStack() as stack:

        @cache
        def store() -> "FeatureStore":  # opened when the tables are there
            return stack.enter_context(temporary_store(capstone, Path(features)))

        def joined(rows: "pd.DataFrame") -> "AsofRetrievalJob":
            service = store().get_feature_service(task.FEATURE_SERVICE)
            return cast("AsofRetrievalJob", store().get_historical_features(entity_df=rows, features=service))

        def join(rows: "pd.DataFrame") -> "pd.DataFrame":
            return joined(rows).to_df()

        if streams(task, clean):
            write_tables(task.feature_tables(clean), features)
            job = joined(task.entity_rows(clean))
            write_tables({TRAINING_SET: Batches(lambda: map(to_pandas, job.pieces()))}, training_set)
        elif keep and task.FEATURE_WINDOW:
            from components.build_features.since import Build

            Build(task, Path(tables), clean, Path(features), path, join).run()
        else:
            write_tables(task.feature_tables(clean), features)
            write_tables({TRAINING_SET: join(task.entity_rows(clean))}, training_set)
        write_tables({name: clean[name] for name in task.CARRIED}, training_set)
        service = store().get_feature_service(task.FEATURE_SERVICE)
        names = [field.name for projection in service.feature_view_projections for field in projection.features]
        return write_json(_counts(Path(training_set), names), metrics), _version(store(), service)


def streams(task: Capstone, tables: Mapping[str, "pd.DataFrame | Batches"]) -> bool:
    """Return whether the training set comes in batches, so that no process holds it: where Ray joins it."""
    return task.STREAMED and with_ray(sum(len(table) for table in tables.values()))


def _counts(training_set: Path, names: list[str]) -> dict[str, float]:
    """Return the number of rows of a training set, and the share of nulls of its columns of these names."""
    rows, nulls = 0, Counter[str]()
    for path in table_files(training_set, TRAINING_SET):
        file = pq.ParquetFile(path)
        part = file.read([name for name in names if name in file.schema_arrow.names])
        rows += len(part)
        nulls.update({name: part[name].null_count for name in part.column_names})
    return {"rows": rows} | {f"null_share_{name}": count / max(rows, 1) for name, count in nulls.items()}


def _version(store: Any, service: Any) -> str:
    """Return the name of a feature service with the digest of its views: their fields, keys and TTLs."""
    used = {projection.name for projection in service.feature_view_projections}
    views = [view for view in store.list_all_feature_views() if view.name in used]
    parts = [
        f"{view.name} {view.features} {getattr(view, 'entities', '')} {getattr(view, 'ttl', '')}" for view in views
    ]
    return f"{service.name}@{digest(*sorted(parts))}"
