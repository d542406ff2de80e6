"""The rows of a piece, as requests have them. A row that cannot be read holds up no other one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from capstan.contract.request_text import kinds_of, value, value_of
from predictions.tables.csv_records import records_of
from predictions.tables.plain_columns import as_field, changes, holds, is_index, not_finite, plain_column, values_of
from serving.batch.pieces import Piece, opened

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

TOGETHER = 50_000  # rows that are held at once
TEXT = {"type": "string"}  # the schema of a column that is no field
SURROGATE = re.compile("[\ud800-\udfff]")
DECIMAL = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Unreadable:
    """A row that cannot be read. given: what can be said of it."""

    reason: str
    given: Any = None


@dataclass(frozen=True)
class Rows:
    """Rows of a piece.

    Args:
        requests: each as a request has it, or Unreadable.
        numbers: those of the rows in the file, from 0, or of their lines, from 1.
        absent: whether None is how the file says that there is no value.
        table: of parquet, the rows as plain columns; else None.
        retyped: the columns whose values are not those of the table: they took the type of their field, or are stated
            by a folder.
    """

    requests: Sequence[Any]
    numbers: Sequence[int]
    absent: bool = True
    table: pa.Table | None = None
    retyped: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """What a number counts: the rows of a table, or the lines of a text."""
        return "line" if self.table is None else "row"


def read(piece: Piece, files: FileSystem, target: str, schema: dict[str, Any], keep: Sequence[str]) -> Iterator[Rows]:
    """Yield the rows of a piece, at least once. schema: of a request, as JSON. keep: columns that are in no request."""
    fields = schema["properties"]
    known = {*fields, *keep}
    stated = {
        name: None if text is None else value(text, fields.get(name, TEXT))
        for name, text in piece.partitions
        if name in known
    }
    if piece.kind == "parquet":
        yield from _parquet(piece, files, target, fields, stated)
        return
    with opened(files, target, piece.packed) as file:
        file.seek(piece.start)
        content = file.read(piece.end - piece.start)
    numbered = _csv(piece, content, fields) if piece.kind == "csv" else _json_lines(piece, content)
    rows = ((number, stated | row if isinstance(row, dict) and stated else row) for number, row in numbered)
    yield _rows(list(islice(rows, TOGETHER)), piece)
    while part := list(islice(rows, TOGETHER)):
        yield _rows(part, piece)


def _rows(numbered: Sequence[tuple[int, Any]], piece: Piece) -> Rows:
    return Rows([row for _, row in numbered], [number for number, _ in numbered], absent=piece.kind == "csv")


def _csv(piece: Piece, content: bytes, fields: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    text, is_utf_8 = _decoded(content)
    columns = [(name, kinds_of(fields.get(name, TEXT))) for name in piece.header]
    for record in records_of(text, piece.separator, piece.row):
        if not (record.cells or record.problem):
            continue
        problem = record.problem
        if not problem and len(record.cells) != len(columns):
            problem = f"it has {len(record.cells)} cells; the header has {len(columns)}"
        if not problem and not is_utf_8:
            broken = (name for name, cell in zip(piece.header, record.cells, strict=True) if SURROGATE.search(cell))
            problem = next((f"{name}: it is no UTF-8" for name in broken), "")
        if problem:
            yield record.line, Unreadable(problem, [SURROGATE.sub("\ufffd", cell) for cell in record.cells])
            continue
        row = {
            name: value_of(_number(cell, kinds) if piece.separator == ";" else cell, kinds) if cell else None
            for (name, kinds), cell in zip(columns, record.cells, strict=True)
            if not is_index(name)
        }
        yield record.line, row


def _decoded(content: bytes) -> tuple[str, bool]:
    """Return a text, and whether it is UTF-8. Where it is not, a byte becomes a surrogate, which no row may have."""
    try:
        return content.decode(), True
    except UnicodeDecodeError:
        return content.decode(errors="surrogateescape"), False


def _number(cell: str, kinds: set[str]) -> str:
    """Return a number that has a comma with a point: where it does, Excel separates cells by semicolons."""
    return cell.replace(",", ".") if "number" in kinds and DECIMAL.fullmatch(cell) else cell


def _json_lines(piece: Piece, content: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.split(b"\n"), piece.row):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield number, Unreadable(f"it is no JSON: {error}", line[:1000].decode(errors="replace"))


def _parquet(
    piece: Piece, files: FileSystem, target: str, fields: dict[str, Any], stated: dict[str, Any]
) -> Iterator[Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row, groups = piece.row, list(range(piece.start, piece.end))
    with files.open_input_file(target) as source, pq.ParquetFile(source) as file:
        schema = file.schema_arrow
        named = [name for name in schema.names if not is_index(name)]
        instants = {column.name for column in map(file.schema.column, range(len(file.schema)))
                    if column.physical_type == "INT96"}  # fmt: skip
        kinds = {name: kinds_of(fields[name]) for name in named if name in fields}
        none = schema.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema)]
        for batch in file.iter_batches(TOGETHER, row_groups=groups) if piece.rows else none:
            plain = {name: plain_column(pa.chunked_array([batch.column(name)])) for name in named}
            for name in instants & {*named}:  # Spark writes them in UTC, and does not say so
                plain[name] = plain[name].cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
            table = pa.table(plain)
            yield _table_rows(table, kinds, stated, row)
            row += len(table)


def _table_rows(table: pa.Table, kinds: dict[str, set[str]], stated: dict[str, Any], row: int) -> Rows:
    """Return the rows of a table with plain columns. row: the number of the first one."""
    import pyarrow as pa

    retyped = [name for name in table.column_names if name in kinds and changes(table[name].type, kinds[name])]
    columns: dict[str, list[Any]] = {name: [value] * len(table) for name, value in stated.items()}
    problems: dict[int, str] = {}
    for name in table.column_names:
        columns[name], wrong = values_of(table[name])
        wrong |= not_finite(table[name], columns[name])
        problems |= {position: f"{name}: {problem}" for position, problem in wrong.items()}
        if name in retyped:
            columns[name] = [as_field(cell, kinds[name]) for cell in columns[name]]
    names = list(columns)
    requests: list[Any] = [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    if any(holds(column.type, pa.types.is_binary) for column in table.schema):
        requests = [_encoded(request) for request in requests]
    for position, problem in problems.items():
        requests[position] = Unreadable(problem, requests[position])
    retyped += [name for name in stated if name not in table.column_names]
    return Rows(requests, range(row, row + len(table)), table=table, retyped=retyped)


def _encoded(value: Any) -> Any:
    """Return a value with its bytes in base64, as JSON has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _encoded(part) for name, part in value.items()}
    return [_encoded(part) for part in value] if isinstance(value, list) else value
