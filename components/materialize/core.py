"""Materialize: publish the features, and write what was known at one instant to the online store."""

import json
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from capstan.data.files import digest, table_files
from capstan.data.storage import Storage
from capstan.data.times import instant
from capstan.errors import CapstanError
from capstan.notes import note
from capstan.profile import profile
from components.materialize.since import EVER, since, state


def materialize(capstone: str, features: str, training_set: str, as_of: str = "", verdict: str = "accepted") -> str:
    """Write the latest row per key, as known at the instant `as_of`, to the online store. Return the instant.

    The feature tables in the folder `features` are first published, where Feast reads them. Where they only grew since
    the last time, only rows since then are written: the store is as if all were.
    as_of: ISO 8601; "" is the last prediction time of the training set.
    Does nothing for a rejected model, or when the store already holds these rows: a file next to the tables says what
    it holds.
    """
    if verdict != "accepted":
        return ""
    from feature_repo.store import materialized, open_store, published, published_definitions

    until = instant(as_of) if as_of else _last(training_set)
    stamp = materialized(capstone)
    wanted = f"{digest(Path(features))} {until.isoformat()}"
    held = _held(capstone, stamp)
    if held.get("wanted") == wanted:
        return until.isoformat()

    storage = profile().storage()
    storage.remove(stamp)
    publish(Path(features), storage, published(capstone))
    store = open_store(capstone)
    store.apply(published_definitions(capstone))
    views = store.list_batch_feature_views()
    start = since(held.get("state", {}), Path(features), views, until)
    if start > EVER:
        note(f"The features before {start:%Y-%m-%d %H:%M} are as they were: those since then are written.")
    store.materialize(start_date=start, end_date=until, feature_views=[view.name for view in views])
    content = {"wanted": wanted, "rows": profile().stored_rows(capstone), "state": state(Path(features), views, until)}
    storage.write(stamp, json.dumps(content).encode())
    return until.isoformat()


def publish(source: Path, storage: Storage, folder: str) -> None:
    """Write the tables of a folder below a key, and remove other tables there, but none of its folders."""
    keys = {f"{folder}/{path.name}": path for path in sorted(source.glob("*.parquet"))}
    for key, path in keys.items():
        storage.upload(path, key)
    for key in storage.keys(folder):
        if key.endswith(".parquet") and key not in keys and PurePosixPath(key).parent.as_posix() == folder:
            storage.remove(key)


def _held(capstone: str, stamp: str) -> dict[str, Any]:
    """Return what is written of the stores, or nothing. Damaged stores are set aside, and a note says so."""
    try:
        written: dict[str, Any] = json.loads(profile().storage().read(stamp) or b"")
    except ValueError:
        written = {"wanted": "", "rows": {}}  # never materialized, or killed meanwhile
    try:
        rows = profile().stored_rows(capstone)
        lost = {table.split()[0] for table, count in written["rows"].items() if rows.get(table, 0) < count}
        problem = f"{' and '.join(sorted(lost))} lost rows" if lost else ""
    except CapstanError as error:
        problem = str(error)
    if problem and written["wanted"]:
        note(f"The feature stores of {capstone} are made again: {problem}.")
    if problem:
        profile().discard_stores(capstone)
        return {}
    return written


def _last(training_set: str) -> datetime:
    paths = table_files(training_set, TRAINING_SET)
    last: pd.Timestamp = max(pd.read_parquet(path, columns=[EVENT_TIMESTAMP])[EVENT_TIMESTAMP].max() for path in paths)
    moment: datetime = last.to_pydatetime()
    return moment
