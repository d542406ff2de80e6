"""The rows of a file of labels, as the endpoint takes them. A row that cannot be read is returned with its problem.

A row has `prediction_id`, or the entity's keys as columns and `time`, the prediction time; `label`; and where they are
known `known_at` and `correct`. In CSV, empty is missing, and what is JSON is read as JSON unless it should be a text.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson

from capstan.contract.capstone import Capstone
from capstan.contract.request_text import value
from capstan.errors import CapstanError
from predictions.tables.csv_records import HEADER, read_header, records
from predictions.tables.formats import format_of, unpacked
from predictions.tables.plain_columns import is_index, plain_column, twice, values_of

FIELDS = ("prediction_id", "time", "label", "known_at", "correct")
SHOWN = 200  # characters of an entity in a message
Row = dict[str, Any]
Numbered = tuple[int, Row, str]  # line, what it says, why it cannot be read


@dataclass(frozen=True)
class Line:
    """A label. `body` is its JSON. `problem` says why it cannot be sent."""

    number: int
    place: str  # file and line
    about: str  # the prediction, where it is known
    row: Row
    body: bytes = b""
    problem: str = ""


def read(path: Path, task: Capstone) -> Iterator[Line]:
    """Yield the labels of a file. Raises CapstanError when it cannot be read, or its columns are wrong."""
    try:
        format_ = format_of(str(path))
    except ValueError as error:
        raise CapstanError(str(error)) from None
    word = "row" if format_.kind == "parquet" else "line"
    try:
        with path.open("rb") as file:
            source = unpacked(file) if format_.packed else file
            if format_.kind == "csv":
                numbered = _csv(source, _fields(task))
            else:
                numbered = _parquet(source) if format_.kind == "parquet" else _json_lines(source)
            for number, row, problem in numbered:
                yield _line(number, f"{path}, {word} {number}", row, problem)
    except (OSError, ValueError) as error:  # pyarrow's own are ValueErrors
        raise CapstanError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _line(number: int, place: str, row: Row, problem: str) -> Line:
    if problem:
        return Line(number, place, "", {}, problem=problem)
    try:
        actual = _actual(row)
        json.dumps(actual, allow_nan=False)  # orjson makes null of Infinity
        return Line(number, place, _about(actual), actual, orjson.dumps(actual))
    except (ValueError, TypeError) as error:  # TypeError: a text that is not UTF-8, an integer of over 64 bits
        return Line(number, place, _about(row), {}, problem=f"{error}.")
    except RecursionError:
        return Line(number, place, _about(row), {}, problem="It is nested too deeply.")


def _about(row: Row) -> str:
    """Return which prediction a row is of, as part of a message."""
    try:
        if row.get("prediction_id"):
            return f", prediction {row['prediction_id']!a:.{SHOWN}}"
        if row.get("entity"):
            return f", prediction of {row['entity']!a:.{SHOWN}} at {row.get('time')!a:.{SHOWN}}"
    except RecursionError:
        pass
    return ""


def _csv(file: IO[bytes], fields: dict[str, Any]) -> Iterator[Numbered]:
    # What is not UTF-8 becomes a surrogate, which no JSON holds: it is a problem of its row alone.
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        header = read_header(text.read(HEADER))
        _check(header.names)
        text.seek(0)
        text.read(header.size)
        for record in records(text, header.separator, header.lines + 1):
            problem = record.problem
            if len(record.cells) > len(header.names):
                problem = f"It has {len(record.cells)} fields, the header {len(header.names)}."
            if problem or any(record.cells):
                # Excel leaves out the last cells of a row, and adds columns without a name, where they are empty.
                cells = zip(header.names, record.cells, strict=False)
                row = {name: _value(cell, fields.get(name)) for name, cell in cells if name or cell}
                yield record.line, row, problem


def _value(cell: str, schema: dict[str, Any] | None) -> Any:
    return value(cell, schema or {"type": "string"}) if cell else None


def _json_lines(file: IO[bytes]) -> Iterator[Numbered]:
    for number, line in enumerate(file, 1):
        if text := line.removeprefix(b"\xef\xbb\xbf").strip():
            try:
                row = json.loads(text.decode(), object_pairs_hook=_object)
                yield number, row, "" if isinstance(row, dict) else "It is no object."
            except ValueError as error:
                yield number, {}, f"It is no JSON: {error}."
            except RecursionError:
                yield number, {}, "It is nested too deeply."


def _parquet(source: IO[bytes]) -> Iterator[Numbered]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        _check(file.schema_arrow.names)
        names = [name for name in file.schema_arrow.names if not is_index(name)]
        number = 0
        for group in range(file.num_row_groups):  # a damaged one leaves those before it readable
            for batch in file.iter_batches(1000, [group]):
                columns, problems = dict[str, list[Any]](), dict[int, str]()
                for name in names:
                    columns[name], wrong = values_of(plain_column(pa.chunked_array([batch.column(name)])))
                    problems |= {row: f"{name}: {text}." for row, text in wrong.items()}
                for row, cells in enumerate(zip(*columns.values(), strict=True)):
                    number += 1
                    yield number, dict(zip(names, cells, strict=True)), problems.get(row, "")


def _check(columns: Sequence[str]) -> None:
    """Raise ValueError unless there is a label, and each column once."""
    if names := twice(columns):
        raise ValueError(f"its columns are there twice: {names}.")
    if "label" not in columns:
        raise ValueError(f"it has no column `label`, but {', '.join(map(ascii, columns)) or 'none'}.")


def _object(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError(f"the field {twice([name for name, _ in pairs])} is there twice")
    return row


def _actual(row: Row) -> Row:
    """Return a row as the endpoint takes it."""
    row = {name: _plain(value) for name, value in row.items()}
    actual = {name: row[name] for name in FIELDS if row.get(name) is not None}
    keys = {name: value for name, value in row.items() if name not in FIELDS}
    if "prediction_id" not in actual:
        actual["entity"] = keys.get("entity", keys)
    return actual


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; NaN is how frames write that there is none."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | dict | list | None) else str(value)


def _fields(task: Capstone) -> dict[str, Any]:
    """Return the JSON schemas of the columns that are not texts."""
    from pydantic import TypeAdapter

    columns: dict[str, Any] = task.Request.model_json_schema()["properties"]
    return columns | {"label": TypeAdapter(task.Actual).json_schema(), "correct": {"type": "boolean"}}
