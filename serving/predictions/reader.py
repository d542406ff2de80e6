"""Reading the prediction log, also while servers write it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from capstan.settings import settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def read(model: str, since: datetime | None = None, folder: Path | None = None) -> "pd.DataFrame":
    """Return the predictions of a model answered at `since` or later, in order of time; each counts once.

    `time` is that of the answer, in UTC; `inputs`, `features` and `prediction` are dicts; `partial` is true for a
    stream that ended early. `folder` is by default that of the settings. Raises ValueError when `since` has no time
    zone.
    """
    import duckdb

    from serving.predictions.records import JSON_COLUMNS, SCHEMA

    if since is not None and since.tzinfo is None:
        raise ValueError(f"`since` is {since}, without a time zone.")
    folder = folder or settings().home / "predictions"
    # The write-ahead log first: a segment that leaves it meanwhile is parquet by then. What is both counts here.
    written, names = _write_ahead(folder)
    files = [str(path) for path in sorted(folder.glob(f"model={model}/date=*/*.parquet")) if path.stem not in names]
    if since is not None:
        day = f"date={since.astimezone(UTC).date()}"
        files = [path for path in files if Path(path).parent.name >= day]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("written", written)
        parquet = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
        both = f"SELECT * FROM written {f'UNION ALL BY NAME SELECT * FROM {parquet}' if files else ''}"
        query = f"""
            SELECT {", ".join(SCHEMA.names)} FROM ({both})
            WHERE model = $model AND ($since IS NULL OR time >= $since) ORDER BY time, prediction_id
        """
        values = {"model": model, "since": since} | ({"files": files} if files else {})
        frame = connection.execute(query, values).df()
    for column in JSON_COLUMNS:
        frame[column] = frame[column].map(orjson.loads, na_action="ignore")
    return frame


def _write_ahead(folder: Path) -> tuple["pa.Table", set[str]]:
    import pyarrow as pa

    from serving.predictions.convert import segments
    from serving.predictions.records import SCHEMA, parse

    tables, names = [SCHEMA.empty_table()], set()
    for path in segments(folder):
        try:
            tables.append(parse(path.read_bytes())[0])
        except FileNotFoundError:  # converted since it was listed
            continue
        names.add(path.stem)
    return pa.concat_tables(tables), names
