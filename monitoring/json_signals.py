"""Signals of many logged predictions, read from their JSON by DuckDB: as `signals.of_predictions` has them, faster."""

import json

import duckdb
import orjson
import pandas as pd
import pyarrow as pa

from monitoring.checks.rows import quoted

PARTS = ("inputs", "features", "prediction")  # a name in two of them is that of the later one
HEAD = 1_000  # predictions that show which names are in which part


def of_json(log: pa.Table, reference: pd.DataFrame) -> pa.Table | None:
    """Return the columns of `reference` that a log holds, row for row, or None where they cannot be read like this.

    log: with `inputs`, `features` and `prediction` as JSON. Numbers become floats, all else texts, as Python writes
    them. A column that has neither a number, a text nor a boolean anywhere is left out.
    """
    if len({name.casefold() for name in reference}) < len(reference.columns):
        return None  # DuckDB's structs do not distinguish them
    kinds = {name: _kind(reference[name]) for name in reference}
    seen = {part: _names(log[part]) for part in PARTS}
    having = {name: [part for part in PARTS if name in seen[part]] or list(PARTS) for name in reference}
    with duckdb.connect() as connection:
        connection.register("log", log)
        structs = (_struct(part, {name: kinds[name] for name in reference if part in having[name]}) for part in PARTS)
        # A table, for DuckDB reads the JSON of a view again for each column.
        connection.execute(f"CREATE TEMP TABLE read AS SELECT {', '.join(structs)} FROM log")
        columns = [f"{_column(name, kinds[name], having[name])} AS {quoted(name)}" for name in reference]
        table = connection.sql(f"SELECT {', '.join(columns)} FROM read").to_arrow_table()
        empty = [name for name in reference if table[name].null_count == len(table)]
        return table.drop_columns([name for name in empty if not _occurs(connection, name)])


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "BOOLEAN"
    return "DOUBLE" if pd.api.types.is_numeric_dtype(values) else "VARCHAR"


def _names(documents: pa.ChunkedArray) -> set[str]:
    """Return the names that the first predictions have in a part."""
    return {name for text in documents.slice(0, HEAD).to_pylist() if text for name in orjson.loads(text)}


def _struct(part: str, kinds: dict[str, str]) -> str:
    """Return SQL that reads some names of a part."""
    structure = json.dumps(kinds).replace("'", "''")
    return f"json_transform({part}, '{structure}') AS {part}, {part} AS {part}_json" if kinds else f"NULL AS {part}"


def _column(name: str, kind: str, having: list[str]) -> str:
    """Return SQL of a signal: of the last part that has its name in a row, be it with null."""
    path, value = ("$." + quoted(name)).replace("'", "''"), ""
    for part in having:
        own = f"{part}.{quoted(name)}"
        value = (
            f"CASE WHEN {own} IS NOT NULL THEN {own} WHEN json_exists({part}_json, '{path}') THEN NULL ELSE {value} END"
            if value
            else own
        )
    return f"CASE {value} WHEN true THEN 'True' WHEN false THEN 'False' END" if kind == "BOOLEAN" else value


def _occurs(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Return whether a name is in any prediction, if only with null."""
    path = "$." + quoted(name)
    exists = " OR ".join(f"json_exists({part}, $path)" for part in PARTS)
    [(found,)] = connection.execute(f"SELECT bool_or({exists}) FROM log", {"path": path}).fetchall()
    return bool(found)
