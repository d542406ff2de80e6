"""What the raw tables hold of each day, so that a later build knows which days changed."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from capstan.data.parquet_sql import parquet_rows
from capstan.errors import CapstanError

Days = dict[str, dict[str, str]]  # raw table -> day, ISO -> the number of its rows and the sum of their hashes

ALL, NONE = "", "9999-12-31"  # before and after every day
EPOCH = date(1970, 1, 1)
MICROSECONDS = 86_400_000_000  # of a day


def days(tables: Path, times: Mapping[str, str]) -> Days:
    """Return what the tables in a folder hold of each day, in UTC. Rows without a time are those of the day ALL.

    times: the column of the time of each table that has one. The order of a day's rows counts.
    """
    import duckdb

    found: Days = {}
    with duckdb.connect() as connection:
        for path in sorted(tables.iterdir()):
            files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
            table = connection.sql(f"FROM {parquet_rows(*files)}")
            # Each column has its place as its name: other names could be those of the query.
            names, columns = pq.read_schema(files[0]).names, [f"column_{place}" for place in range(len(table.columns))]
            kinds = dict(zip(names, table.types, strict=True))
            column = times.get(path.stem)
            if column and not str(kinds.get(column, "")).startswith(("TIMESTAMP", "DATE")):
                raise CapstanError(
                    f"FEATURE_WINDOW says that {column!r} of the table {path.stem} is a time, but it is "
                    f"{kinds.get(column, 'no column')}. Name a column of times, or leave the table out."
                )
            time = columns[names.index(column)] if column else ""
            number = f"floor(epoch_us({time}) / {MICROSECONDS})::INT" if column else "NULL::INT"
            rows = connection.execute(
                f"""
                SELECT day, count(*), sum(hash(rows, place)::HUGEINT) FROM (
                    SELECT raw AS rows, {number} AS day,
                           row_number() OVER (PARTITION BY {number} ORDER BY file_index, file_row_number) AS place
                    FROM {parquet_rows(*files)} AS raw({", ".join(columns)})
                ) GROUP BY day ORDER BY day"""
            ).fetchall()
            found[path.stem] = {_day(day): f"{count} {total}" for day, count, total in rows}
    return found


def first_change(before: Days, now: Days) -> str:
    """Return the first day that another number or other rows are of; ALL for rows without a time, NONE for no day."""
    changed = {
        day
        for table in before.keys() | now.keys()
        for day in before.get(table, {}).keys() | now.get(table, {}).keys()
        if before.get(table, {}).get(day) != now.get(table, {}).get(day)
    }
    return min(changed, default=NONE)


def _day(number: int | None) -> str:
    return ALL if number is None else (EPOCH + timedelta(days=number)).isoformat()
