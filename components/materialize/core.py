"""Materialize: bring the online store to what was known at the last prediction time."""

import pandas as pd

from capstan.catalogue import load_task
from capstan.settings import settings
from components.build_features.core import publish


def materialize(capstone: str, features: str, training_set: str) -> str:
    """Write the latest row of each key to the online store; return the instant up to which rows were taken, ISO 8601.

    Does nothing when the store holds these very rows already: what it holds is stamped beside it.
    """
    task = load_task(capstone)
    times = pd.read_parquet(training_set, columns=[task.EVENT_TIMESTAMP])[task.EVENT_TIMESTAMP]
    until = times.max().to_pydatetime()
    wanted = f"{publish(task.FEATURE_DOMAIN, features)} {until.isoformat()}"
    stamp = settings().home / "feast" / f"{task.FEATURE_DOMAIN}.materialized"
    if stamp.exists() and stamp.read_text() == wanted:
        return until.isoformat()

    from feature_repo.store import apply

    stamp.unlink(missing_ok=True)
    store = apply(task.FEATURE_DOMAIN)
    service = store.get_feature_service(task.FEATURE_SERVICE)
    views = [view.name for view in service.feature_view_projections]
    stored = [view.name for view in store.list_batch_feature_views() if view.name in views]
    store.materialize(start_date=pd.Timestamp(0, tz="UTC").to_pydatetime(), end_date=until, feature_views=stored)
    stamp.write_text(wanted)
    return until.isoformat()
