"""Reading the prediction log, also while servers write it."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from capstan.profile import profile
from capstan.settings import settings
from serving.predictions.upload import download

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def read(model: str, since: datetime | None = None, folder: Path | None = None) -> "pd.DataFrame":
    """Return the predictions of a model answered at `since` or later, in order of time; each counts once.

    `time` is that of the answer, in UTC; `inputs`, `features` and `prediction` are dicts; `partial` is true for a
    stream that ended early. `folder` is by default that of the settings; on a cluster it is the object store, where
    predictions arrive after some seconds. Raises ValueError when `since` has no time zone.
    """
    import duckdb

    from serving.predictions.records import JSON_COLUMNS, SCHEMA

    if since is not None and since.tzinfo is None:
        raise ValueError(f"`since` is {since}, without a time zone.")
    if folder is None and settings().profile == "cluster":
        with TemporaryDirectory(prefix="capstan-") as copies:
            download(model, since, profile().storage(), Path(copies))
            return read(model, since, Path(copies))
    folder = folder or settings().home / "predictions"
    # The write-ahead log first: a segment that leaves it meanwhile is parquet by then.
    written, names = _write_ahead(folder)
    files = sorted(folder.glob(f"model={model}/date=*/*.parquet"))
    if since is not None:
        day = f"date={since.astimezone(UTC).date()}"
        files = [path for path in files if path.parent.name >= day]
    parquet = {
        "": [str(path) for path in files if path.stem not in names],
        # A segment that is both: rows may have come after it was read here. The others count once.
        "ANTI JOIN written USING (prediction_id, variant)": [str(path) for path in files if path.stem in names],
    }
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("written", written)
        sources = ["SELECT * FROM written"]
        values: dict[str, Any] = {"model": model, "since": since}
        for number, (condition, paths) in enumerate(parquet.items()):
            if paths:
                scan = f"read_parquet($files{number}, union_by_name = true, hive_partitioning = false)"
                sources.append(f"SELECT * FROM {scan} {condition}")
                values[f"files{number}"] = paths
        query = f"""
            SELECT {", ".join(SCHEMA.names)} FROM ({" UNION ALL BY NAME ".join(sources)})
            WHERE model = $model AND ($since IS NULL OR time >= $since) ORDER BY time, prediction_id
        """
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
