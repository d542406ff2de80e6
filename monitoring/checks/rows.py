"""Rows that DuckDB reads: a data frame, a table of Arrow, or the path of parquet files.

Every query sees a table `rows` with a column DAY.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa

from capstan.contract.capstone import Outcome
from capstan.data.parquet_sql import parquet_rows
from capstan.errors import CapstanError

Rows: TypeAlias = pd.DataFrame | pa.Table | str | Path
DAY = '"day of the row"'  # a name that no signal has
MICROSECONDS = 86_400_000_000  # of a day


@contextmanager
def opened(
    rows: Rows, time: str | None, per_day: int = 1, error: str = "", outcome: Outcome | None = None, first: int = 0
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with a view `rows`: those of a table, and DAY, the days since 1970 in UTC.

    Without a column of times, every `per_day` rows, in their order, are a day; `first` rows came before. `error` names
    a column that says how wrong each prediction of the outcome is, where both of its columns are there.
    """
    with duckdb.connect() as connection:
        if isinstance(rows, pd.DataFrame | pa.Table):
            connection.register("given", rows)
            source = "given"
        else:
            source = parquet_rows(rows)
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        if time is not None and time not in names:
            raise CapstanError(
                f"The signals have no column {time!r} with the time of the prediction. Add it, or set `time` of CHECKS "
                "to the column that has it, or to None where there is none."
            )
        day = (
            f"epoch_us({quoted(time)}) // {MICROSECONDS}"
            if time
            else f"(row_number() OVER () - 1 + {first}) // {per_day}"
        )
        wrong = ""
        if outcome and {outcome.target, outcome.prediction} <= set(names):
            wrong = f", {_wrong(outcome)} AS {quoted(error)}"
        connection.execute(f"CREATE TEMP VIEW rows AS SELECT *, CAST({day} AS INTEGER) AS {DAY}{wrong} FROM {source}")
        yield connection


def columns(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the columns of the view `rows` with their types."""
    return {row[0]: row[1] for row in connection.execute("DESCRIBE rows").fetchall()}


def quoted(name: str) -> str:
    """Return a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def number(name: str) -> str:
    """Return SQL of a column as a number: NaN and infinity, which no distance knows, count as null."""
    column = f"CAST({quoted(name)} AS DOUBLE)"
    return f"(CASE WHEN isfinite({column}) THEN {column} END)"


def _wrong(outcome: Outcome) -> str:
    target, prediction = quoted(outcome.target), quoted(outcome.prediction)
    if outcome.kind == "regression":
        return f"abs({number(outcome.target)} - {number(outcome.prediction)})"
    return f"CAST(CAST({target} AS VARCHAR) <> CAST({prediction} AS VARCHAR) AS DOUBLE)"
