"""The input of a batch: parquet, CSV and JSON lines, cut into pieces that are read and done one by one."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from capstan.contract.request_text import value
from capstan.errors import CapstanError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

ROWS = 50_000  # of a piece of parquet, at least, unless the file ends: whole row groups
TOGETHER = 50_000  # rows that are held at once
BYTES = 16 * 2**20  # of a piece of CSV or JSON lines
KINDS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Piece:
    """A part of a file. start, end: row groups, or bytes. row: the number of its first row or line, from 0."""

    path: str
    kind: str
    start: int
    end: int
    row: int
    header: tuple[str, ...] = ()

    def asdict(self) -> dict[str, Any]:
        """Return the fields, for the record of a batch."""
        return asdict(self) | {"header": list(self.header)}  # as JSON has it

    def text(self) -> str:
        """Return the piece as text, for `of`."""
        return orjson.dumps(self.asdict()).decode()

    @classmethod
    def of(cls, text: str) -> Piece:
        """Return the piece of a text."""
        made = orjson.loads(text)
        return cls(**made | {"header": tuple(made["header"])})


def cut(path: str, files: FileSystem, target: str) -> list[Piece]:
    """Return the pieces of a file. target: its path in `files`.

    Raises CapstanError where the file cannot be read or has no known ending.
    """
    kind = next((kind for ending, kind in KINDS.items() if target.lower().endswith(ending)), None)
    if kind is None:
        raise CapstanError(f"{path} is none of {', '.join(KINDS)}.")
    try:
        if kind == "parquet":
            return list(_row_groups(path, files, target))
        with files.open_input_file(target) as file:
            header = tuple(next(csv.reader([_line(file)]), ())) if kind == "csv" else ()
            return list(_lines(path, kind, file, header))
    except (OSError, ValueError, csv.Error, UnicodeDecodeError) as error:
        raise CapstanError(f"{path} cannot be read: {error}") from None


def _row_groups(path: str, files: FileSystem, target: str) -> Iterator[Piece]:
    import pyarrow.parquet as pq

    with files.open_input_file(target) as opened:
        known = pq.read_metadata(opened)
    first = row = count = 0
    for number in range(known.num_row_groups):
        count += known.row_group(number).num_rows
        if count >= ROWS or number + 1 == known.num_row_groups:
            yield Piece(path, "parquet", first, number + 1, row)
            first, row, count = number + 1, row + count, 0


def _line(file: Any) -> str:
    """Return the first line, and leave the file after it."""
    made = b""
    while b"\n" not in made and (more := file.read(4096)):
        made += more
    end = made.find(b"\n") + 1 or len(made)
    file.seek(end)
    return made[:end].decode("utf-8-sig")


def _lines(path: str, kind: str, file: Any, header: tuple[str, ...]) -> Iterator[Piece]:
    """Cut after a line's end, outside of quotes where the file is CSV."""
    start, line, rest = file.tell(), int(kind == "csv"), b""
    first = line
    while block := file.read(BYTES):
        rest += block
        end = rest.rfind(b"\n") + 1
        while kind == "csv" and end and rest.count(b'"', 0, end) % 2:
            end = rest.rfind(b"\n", 0, end - 1) + 1
        if end:
            line += rest.count(b"\n", 0, end)
            yield Piece(path, kind, start, start + end, first, header)
            start, first, rest = start + end, line, rest[end:]
    if rest:
        yield Piece(path, kind, start, start + len(rest), first, header)


@dataclass(frozen=True)
class Rows:
    """Rows of a piece: as a request has them, their numbers in the file, and the table that they are from, if any."""

    requests: list[Any]
    numbers: list[int]
    table: pa.Table | None = None


def read(piece: Piece, files: FileSystem, target: str, schema: dict[str, Any]) -> Iterator[Rows]:
    """Yield the rows of a piece. schema: of a request, as JSON. A row that cannot be read is a text: what is wrong."""
    if piece.kind == "parquet":
        yield from _read_parquet(piece, files, target)
        return
    with files.open_input_file(target) as file:
        content = file.read_at(piece.end - piece.start, piece.start)
    made = _csv(piece, content, schema["properties"]) if piece.kind == "csv" else _jsonl(piece, content)
    waiting: list[tuple[int, Any]] = []
    for one in made:
        waiting.append(one)
        if len(waiting) == TOGETHER:
            yield _rows(waiting)
            waiting = []
    if waiting:
        yield _rows(waiting)


def _read_parquet(piece: Piece, files: FileSystem, target: str) -> Iterator[Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = piece.row
    with files.open_input_file(target) as opened, pq.ParquetFile(opened) as file:
        for batch in file.iter_batches(TOGETHER, row_groups=list(range(piece.start, piece.end))):
            table = pa.Table.from_batches([batch])
            requests = table.to_pylist()
            binary = [field.name for field in table.schema if pa.types.is_binary(field.type)]
            for request in requests if binary else ():
                encoded = {name: base64.b64encode(request[name] or b"").decode() for name in binary}
                request.update(encoded)
            yield Rows(requests, list(range(row, row + len(requests))), table)
            row += len(requests)


def _csv(piece: Piece, content: bytes, fields: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    reader = csv.reader(io.StringIO(content.decode(), newline=""))
    before = 0
    for cells in reader:
        number, before = piece.row + before, reader.line_num
        if len(cells) != len(piece.header):
            yield number, f"it has {len(cells)} cells; the header has {len(piece.header)}"
            continue
        given = zip(piece.header, cells, strict=True)
        yield (
            number,
            {name: value(text, fields.get(name, {"type": "string"})) if text else None for name, text in given},
        )


def _jsonl(piece: Piece, content: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.splitlines(), piece.row):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield number, f"it is no JSON: {error}"


def _rows(numbered: list[tuple[int, Any]]) -> Rows:
    return Rows([request for _, request in numbered], [number for number, _ in numbered])
