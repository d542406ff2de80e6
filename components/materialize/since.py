"""What the online store holds already: of feature tables that only grew, the new rows alone are written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.data.files import digest
from capstan.data.parquet_sql import parquet_rows

EVER = datetime(1970, 1, 1, tzinfo=UTC)


def state(features: Path, views: list[Any], until: datetime) -> dict[str, Any]:
    """Return what a store holds that was filled from feature tables as of an instant: the views, and the rows by then.

    Of each table it is the number of the rows and the sum of their hashes, so that their order does not matter.
    """
    tables = {path.name: _rows(path, until) for path in sorted(features.glob("*.parquet"))}
    fields = sorted(f"{view.name} {view.features} {view.entities} {view.batch_source.path}" for view in views)
    return {"until": until.isoformat(), "views": digest(*fields), "tables": tables}


def since(held: Mapping[str, Any], features: Path, views: list[Any], until: datetime) -> datetime:
    """Return from which instant on rows have to be written: the last one, where those before it are as they were.

    held: the `state` of the store, or nothing.
    """
    last = datetime.fromisoformat(held["until"]) if "until" in held else None
    if last is None or last > until or state(features, views, last) != held:
        return EVER
    return last


def _rows(path: Path, until: datetime) -> str:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        names = pq.read_schema(path).names
        if EVENT_TIMESTAMP not in names:
            return digest(path)
        # Each column has its place as its name: one called like the table would be hashed in its place.
        columns, time = [f"column_{place}" for place in range(len(names))], names.index(EVENT_TIMESTAMP)
        [(count, total)] = connection.execute(
            f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {parquet_rows(path)} AS t({', '.join(columns)}) "
            f"WHERE {columns[time]}::TIMESTAMPTZ <= $until",
            {"until": until},
        ).fetchall()
    return f"{count} {total}"
