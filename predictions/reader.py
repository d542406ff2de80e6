"""Reading the prediction log, also while servers write it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from capstan.data.parquet_sql import parquet_rows
from capstan.data.storage import Folder
from capstan.profile import profile
from capstan.settings import settings
from predictions import files as prediction_files
from predictions.upload import download

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ATTEMPTS = 5
Entry = TypeVar("Entry", str, Path)


def read(model: str, since: datetime | None = None, folder: Path | None = None) -> "pd.DataFrame":
    """Return the predictions of a model answered at `since` or later, in order of time; each counts once.

    `time` is that of the answer, in UTC; `inputs`, `features` and `prediction` are dicts; `partial` is true for a
    stream that ended early. `folder` is by default that of the settings; on a cluster it is the object store, where
    predictions arrive after some seconds. Raises ValueError when `since` has no time zone.
    """
    if since is not None and since.tzinfo is None:
        raise ValueError(f"`since` is {since}, without a time zone.")
    first = since.astimezone(UTC).date().isoformat() if since else ""
    return select(model, folder, lambda day: day >= first, where="$since IS NULL OR time >= $since", since=since)


def select(
    model: str,
    folder: Path | None,
    is_wanted: Callable[[str], bool],
    columns: str = "",
    join: str = "",
    where: str = "true",
    tables: "Mapping[str, pd.DataFrame] | None" = None,
    **values: Any,
) -> "pd.DataFrame":
    """Return what DuckDB selects of a model's predictions, in order of time; each counts once.

    is_wanted: whether to look into a day, YYYY-MM-DD. `columns` are more than those of the log, with a comma before
    them. `tables` are what `join` names next to it, `values` the parameters of `where`.
    """
    from predictions.records import SCHEMA

    names = ", ".join(f"log.{name}" for name in SCHEMA.names)
    query = Query(f"{names} {columns}", join, where, "ORDER BY log.time, log.prediction_id", tables or {}, values)
    return parsed(run(model, folder, is_wanted, query))


def parsed(table: "pa.Table") -> "pd.DataFrame":
    """Return rows of the log with their JSON, and that of the labels where they are joined, as Python's values."""
    from predictions.records import JSON_COLUMNS

    frame = table.to_pandas()
    for column in frame.columns.intersection([*JSON_COLUMNS, "label"]):
        frame[column] = loads_each(frame[column])
    return frame


def loads_each(texts: "pd.Series") -> "pd.Series":
    """Return the value of each JSON text, None for a missing one. As objects: next to a missing one, 7 stays no 7.0."""
    import pandas as pd

    values = [None if missing else orjson.loads(text) for text, missing in zip(texts, texts.isna(), strict=True)]
    return pd.Series(values, index=texts.index, dtype=object)


class Query(NamedTuple):
    """What DuckDB does with the `log`: a SELECT in parts. values: the parameters of `where`, by name."""

    columns: str
    join: str = ""
    where: str = "true"
    order: str = ""
    tables: "Mapping[str, Any]" = {}
    values: Mapping[str, Any] = {}


def run(model: str, folder: Path | None, is_wanted: Callable[[str], bool], query: Query) -> "pa.Table":
    """Return the result of a query of a model's predictions, of which each counts once. JSON stays text."""
    import duckdb

    if folder is None and settings().profile == "cluster":
        with TemporaryDirectory(prefix="capstan-") as copies:
            download(model, is_wanted, profile().storage(), Path(copies))
            return run(model, Path(copies), is_wanted, query)
    folder = folder or settings().predictions_dir or settings().home / "predictions"
    for attempt in count(1):
        try:
            return _run(model, folder, is_wanted, query)
        except (FileNotFoundError, duckdb.IOException):  # a file was merged or moved since it was listed
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def _run(model: str, folder: Path, is_wanted: Callable[[str], bool], query: Query) -> "pa.Table":
    import duckdb

    # The write-ahead log first: a segment that leaves it meanwhile is parquet by then.
    written, names = write_ahead(folder)
    own = Folder(folder)
    listed = _listed(lambda: own.keys(f"model={model}"), prediction_files.stem)
    keys = [key for key in listed if is_wanted(prediction_files.day(key))]
    # A segment that is both: rows may have come after it was read here. The others count once.
    both: list[str] = []
    parquet: list[str] = []
    for key in prediction_files.current(own, keys):
        name = prediction_files.stem(key)
        (both if name in names or name.startswith(prediction_files.MERGED) else parquet).append(own.url(key))
    sources, parameters = ["SELECT * FROM written"], dict(query.values) | {"model": model}
    for paths, condition in ((parquet, ""), (both, "ANTI JOIN written USING (prediction_id, variant)")):
        if paths:
            sources.append(f"SELECT * FROM {parquet_rows(*paths, options=', union_by_name = true')} {condition}")
    statement = f"""
        SELECT {query.columns} FROM ({" UNION ALL BY NAME ".join(sources)}) log {query.join}
        WHERE log.model = $model AND ({query.where}) {query.order}
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in {"written": written, **query.tables}.items():
            connection.register(name, table)
        return connection.sql(statement, params=parameters).to_arrow_table()


def _listed(listing: Callable[[], list[Entry]], name: Callable[[Entry], str]) -> list[Entry]:
    """Return what a folder holds, without a gap: a segment counts when one that was begun after it does.

    A listing may leave out a file that is renamed into the folder meanwhile, and have a later one. A second listing has
    it, for segments are named by the time when they were begun; what is newer than the first listing is left to the
    next reader.
    """
    entries = set(listing())
    newest = max((name(entry) for entry in entries), default="")
    entries.update(entry for entry in listing() if name(entry) <= newest)
    return sorted(entries)


def write_ahead(folder: Path) -> tuple["pa.Table", set[str]]:
    """Return what the write-ahead log of a folder holds, of all models, and the names of its segments."""
    import pyarrow as pa

    from predictions.convert import segments
    from predictions.records import SCHEMA, parse

    tables, names = [SCHEMA.empty_table()], set()
    for path in _listed(lambda: segments(folder), lambda path: path.stem):
        try:
            tables.append(parse(path.read_bytes())[0])
        except FileNotFoundError:  # converted since it was listed
            continue
        names.add(path.stem)
    return pa.concat_tables(tables), names
