"""The input of a batch, cut into pieces that are read and done one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

import orjson

from capstan.errors import CapstanError
from predictions.tables.csv_records import HEADER, Header, count_lines, read_header, whole_records
from predictions.tables.formats import Format, format_of, unpacked
from predictions.tables.plain_columns import plain_type, twice
from serving.batch.places import Partitions

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

ROWS = 50_000  # of a piece of parquet, at least, unless the file ends: whole row groups
BYTES = 16 * 2**20  # of a piece of CSV or JSON lines
RECORD = 64 * 2**20  # bytes of a line, or of a record of CSV, at most
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Piece:
    """A part of a file.

    Args:
        kind: csv, jsonl or parquet. packed: by gzip.
        start, end: row groups, or bytes.
        row: the number of its first row, from 0; of texts that of its first line, from 1.
        rows: how many there are; of texts the lines.
        header: the columns of CSV and parquet. separator: of CSV.
        partitions: the columns that the folders above the file state, such as ("name", "zoe") for name=zoe.
    """

    path: str
    kind: str
    start: int
    end: int
    row: int
    rows: int
    packed: bool = False
    header: tuple[str, ...] = ()
    separator: str = ""
    partitions: Partitions = ()

    def asdict(self) -> dict[str, Any]:
        """Return the fields, for the record of a batch."""
        named: dict[str, Any] = orjson.loads(self.text())  # lists, as JSON has them
        return named

    def text(self) -> str:
        """Return the piece as text, for `of`."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def of(cls, text: str) -> Piece:
        """Return the piece of a text."""
        fields = orjson.loads(text)
        partitions = tuple((name, value) for name, value in fields["partitions"])
        return cls(**fields | {"header": tuple(fields["header"]), "partitions": partitions})


def cut(path: str, files: FileSystem, target: str, partitions: Partitions = ()) -> list[Piece]:
    """Return the pieces of a file, at least one. target: its path in `files`.

    Raises CapstanError where the file cannot be read, has no known ending, or a column twice.
    """
    try:
        format_ = format_of(path)
    except ValueError as error:
        raise CapstanError(str(error)) from None
    try:
        if format_.kind == "parquet":
            return list(_row_groups(path, files, target, partitions))
        with opened(files, target, format_.packed) as file:
            return list(_texts(path, format_, file, partitions))
    except (OSError, ValueError) as error:
        raise CapstanError(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def opened(files: FileSystem, target: str, is_packed: bool) -> IO[bytes]:
    """Return a file of text, unpacked."""
    file: IO[bytes] = files.open_input_file(target)
    if not is_packed:
        return file
    with file:
        return unpacked(file)


def _row_groups(path: str, files: FileSystem, target: str, partitions: Partitions) -> Iterator[Piece]:
    import pyarrow.parquet as pq

    with files.open_input_file(target) as file:
        known = pq.read_metadata(file)
    schema = known.schema.to_arrow_schema()
    if names := twice(schema.names):
        raise ValueError(f"its columns are there twice: {names}.")
    for column in schema:
        try:
            plain_type(column.type)
        except TypeError as error:
            raise ValueError(f"its column {column.name}: {error}. Leave it out, or write another type.") from None
    header = tuple(schema.names)
    first = row = count = 0
    for number in range(known.num_row_groups):
        count += known.row_group(number).num_rows
        if count >= ROWS or number + 1 == known.num_row_groups:
            yield Piece(path, "parquet", first, number + 1, row, count, header=header, partitions=partitions)
            first, row, count = number + 1, row + count, 0
    if not known.num_row_groups:
        yield Piece(path, "parquet", 0, 0, 0, 0, header=header, partitions=partitions)


def _texts(path: str, format_: Format, file: IO[bytes], partitions: Partitions) -> Iterator[Piece]:
    start = len(BOM) if file.read(len(BOM)) == BOM else 0
    file.seek(start)
    header = Header((), "", 0, 0)
    if format_.kind == "csv":
        # One character for each byte, so that sizes are those of the file.
        header = read_header(file.read(HEADER).decode("latin-1"))
        start += header.size
        file.seek(start)
    names = tuple(map(_utf_8, header.names))
    line, rest, block = header.lines + 1, b"", file.read(BYTES)
    while True:
        after = file.read(BYTES)
        rest += block
        text = rest.decode("latin-1")
        size = len(text) if not after else _whole(text, header.separator)
        if size or not after:
            lines = count_lines(text[:size])
            of_csv = (names, header.separator)
            yield Piece(path, format_.kind, start, start + size, line, lines, format_.packed, *of_csv, partitions)
            start, line, rest = start + size, line + lines, rest[size:]
        elif len(rest) > RECORD:
            raise ValueError(f"line {line} has more than {RECORD // 2**20} MiB.")
        if not after:
            return
        block = after


def _whole(text: str, separator: str) -> int:
    """Return how many characters are whole records, or lines where there is no separator."""
    return whole_records(text, separator) if separator else text.rfind("\n") + 1


def _utf_8(name: str) -> str:
    try:
        return name.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise ValueError(f"its column {name!a} is not UTF-8. Save it as UTF-8.") from None
