"""Joining one part, or a slice of its time, and putting the results of all parts next to a chunk of the entity rows."""

from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
from duckdb import DuckDBPyConnection

from .. import entities, sources, sql
from ..retrieval import join
from .scratch import Scratch, arrow
from .split import View

Slice = tuple[int | None, int | None]  # from a moment on, and before another, in microseconds; None is open


def boundaries(scratch: Scratch, entity_files: Sequence[str], source_files: Sequence[str], slices: int) -> list[Slice]:
    """Return slices of time that have nearly the same number of rows, of a part with too many for one task."""
    with sources.connect(scratch) as connection:
        scratch.open(connection)
        shares = [round(number / slices, 6) for number in range(1, slices)]
        [[moments]] = connection.sql(
            f"SELECT approx_quantile(moment, {shares}) FROM (SELECT t AS moment FROM {scratch.read(entity_files)} "
            f"UNION ALL SELECT arrival FROM {scratch.read(source_files)})"
        ).fetchall()
    ends: list[int | None] = [None, *sorted(set(moments)), None]
    return list(pairwise(ends))


def join_part(
    scratch: Scratch, view: View, entity_files: Sequence[str], source_files: Sequence[str], within: Slice, chunk: int,
    name: str,
) -> dict[int, tuple[str, int]]:  # fmt: skip
    """Join a part of the entity rows to a view; write the number of each row with its features, by chunks of rows.

    Args:
        within: the moments of the entity rows. Of the source, what was known at the first of them counts as well.
        chunk: how many entity rows a chunk has.
        name: of this part among the files of a chunk.
    """
    keys, values = ([f"{kind}_{i}" for i, _ in enumerate(names)] for kind, names in parts_of(view))
    start, end = within
    with sources.connect(scratch) as connection:
        scratch.open(connection)
        moments = [f"t >= {start}"] * (start is not None) + [f"t < {end}"] * (end is not None)
        chosen = f"SELECT * FROM {scratch.read(entity_files)} WHERE {' AND '.join(moments) or 'TRUE'}"
        connection.execute(f"CREATE TABLE entity AS {chosen}")
        rows = f"SELECT {', '.join([*keys, *values])}, event, created, arrival, file_index, file_row_number"
        stored = f"{rows} FROM {scratch.read(source_files)}"
        read = stored + (f" WHERE arrival < {end}" if end is not None else "")
        if start is not None:
            arrived = [f"arrival >= {start}"] + [f"arrival < {end}"] * (end is not None)
            before = known_before(stored, keys, start, sql.earliest_of(start, view.ttl))
            read = f"{stored} WHERE {' AND '.join(arrived)}\nUNION ALL\n{before}"
        query = sql.known_at(read, len(keys), len(values), view.ttl, numbered=True)
        joined = arrow(connection, f"SELECT *, (row // {chunk})::INTEGER AS chunk FROM (\n{query}\n)")
    return scratch.write_parts(joined, "chunk", f"joined/{view.name}/{{part}}/{name}")


def known_before(stored: str, keys: list[str], moment: int, earliest: int | None) -> str:
    """Select, for each key, the row that was known just before a moment: that of the latest event.

    Of equal events the one that arrived last counts, then the one created last, then the last one in the files. It
    needs as much memory as there are keys, however long their history is. earliest: of the events that still count.
    """
    # A struct is compared by one field after the other; a null would come last.
    fields = ["event", "arrival", f"coalesce(created, {-(2**62)})", "file_index", "file_row_number"]
    order = f"row({', '.join(fields)})"
    count = f" AND arrival >= {earliest} AND event >= {earliest}" if earliest is not None else ""
    by = f" GROUP BY {', '.join(keys)}" if keys else ""
    return (
        f"SELECT unnest(known) FROM (SELECT arg_max(source, {order}) AS known "
        f"FROM (\n{stored} WHERE arrival < {moment}{count}\n) AS source{by})"
    )


def assemble(
    scratch: Scratch, path: str, timestamp_field: str, views: Sequence[View], key_columns: Sequence[list[str]],
    names: Sequence[list[str]], joined: Sequence[list[str] | None], first_row: int, name: str,
) -> str:  # fmt: skip
    """Write a chunk of the entity rows with the features of all views, and return its file.

    Args:
        key_columns: of the entity rows, for each view.
        names: of the features of each view.
        joined: the files with the features of a view; None for a small one, which is joined here.
    """
    rows = entities.EntityRows(scratch.table(path), timestamp_field)
    result = rows.table
    for view, columns, features, files in zip(views, key_columns, names, joined, strict=True):
        with view.connect(scratch) as connection:
            scratch.open(connection)
            if files is None:
                found = join(connection, rows, columns, view.rows, view.ttl)
            else:
                found = in_order(connection, scratch, view, files, first_row, len(result))
        for feature, column in zip(features, found, strict=True):
            result = result.append_column(feature, column)
    return scratch.write(result, name)


def in_order(
    connection: DuckDBPyConnection, scratch: Scratch, view: View, files: list[str], first_row: int, count: int
) -> list[pa.ChunkedArray]:
    """Return the features of a chunk's rows from the files of all parts; null for a row that none of them has."""
    values = [f"value_{i}" for i, _ in enumerate(view.types)]
    nulls = ", ".join(f"NULL::{type_} AS {value}" for type_, value in zip(view.types, values, strict=True))
    found = scratch.read(files) if files else f"(SELECT NULL::BIGINT AS row, {nulls} WHERE FALSE)"
    columns: list[pa.ChunkedArray] = arrow(
        connection,
        f"SELECT {', '.join(values)} FROM range({first_row}, {first_row + count}) AS asked(row) "
        f"LEFT JOIN {found} USING (row) ORDER BY row",
    ).columns
    return columns


def parts_of(view: View) -> list[tuple[str, list[str]]]:
    """Return the kinds of columns of a view's source, and how many there are of each."""
    return [("key", view.rows.join_keys), ("value", view.rows.values)]
