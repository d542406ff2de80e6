"""Materialize: bring the online store to what was known at one instant, by default the last prediction time."""

import pandas as pd

from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.settings import settings
from components.build_features.core import publish


def materialize(capstone: str, features: str, training_set: str, as_of: str = "") -> str:
    """Write the latest row of each key that had arrived `as_of` an instant to the online store; return the instant.

    as_of: ISO 8601; "" is the last prediction time of the parquet file `training_set`.
    Does nothing when the store holds these very rows already: what it holds is stamped beside it.
    """
    task = load_task(capstone)
    until = _parse(as_of) if as_of else pd.read_parquet(training_set)[task.EVENT_TIMESTAMP].max().to_pydatetime()
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


def _parse(as_of: str):
    try:
        moment = pd.Timestamp(as_of)
    except ValueError as error:
        raise CapstanError(f"{as_of!r} is no instant ({error}). Write it as 2013-10-15T12:00:00Z.") from error
    return (moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")).to_pydatetime()
