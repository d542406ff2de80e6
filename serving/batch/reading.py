"""The rows of a piece, as requests have them. A row that cannot be read holds up no other one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from capstan.contract.request_text import kinds_of, value
from predictions.tables.csv_records import records_of
from predictions.tables.plain_columns import as_field, changes, holds, is_index, not_finite, plain_column, values_of
from serving.batch.pieces import Piece, opened

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

TOGETHER = 50_000  # rows that are held at once
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
        name: None if text is None else value(text, fields.get(name, {"type": "string"}))
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
    text = {"type": "string"}
    columns = [(name, fields.get(name, text)) for name in piece.header]
    # What is not UTF-8 becomes a surrogate, which no row may have.
    for record in records_of(content.decode(errors="surrogateescape"), piece.separator, piece.row):
        if not (record.cells or record.problem):
            continue
        problem = record.problem
        if not problem and len(record.cells) != len(columns):
            problem = f"it has {len(record.cells)} cells; the header has {len(columns)}"
        broken = [name for (name, _), cell in zip(columns, record.cells, strict=False) if not _is_utf_8(cell)]
        if problem or broken:
            cells = [cell.encode(errors="surrogateescape").decode(errors="replace") for cell in record.cells]
            yield record.line, Unreadable(problem or f"{broken[0]}: it is no UTF-8", cells)
            continue
        row = {
            name: value(_number(cell, schema) if piece.separator == ";" else cell, schema) if cell else None
            for (name, schema), cell in zip(columns, record.cells, strict=True)
            if not is_index(name)
        }
        yield record.line, row


def _is_utf_8(text: str) -> bool:
    return text.isascii() or not SURROGATE.search(text)


def _number(cell: str, schema: dict[str, Any]) -> str:
    """Return a number that has a comma with a point: where it does, Excel separates cells by semicolons."""
    return cell.replace(",", ".") if DECIMAL.fullmatch(cell) and "number" in kinds_of(schema) else cell


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
