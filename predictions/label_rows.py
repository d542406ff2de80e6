"""The rows of a file of labels, as the endpoint takes them. A row that cannot be read is returned with its problem.

A row has `prediction_id`, or the entity's keys as columns and `time`, the prediction time; `label`; and where they are
known `known_at` and `correct`. In CSV, empty is missing, and what is JSON is read as JSON unless it should be a text.
"""

import codecs
import csv
import json
import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from capstan.contract.capstone import Capstone
from capstan.errors import CapstanError

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


@dataclass(frozen=True)
class Types:
    """The columns of a CSV that are texts, and those that are booleans."""

    texts: frozenset[str]
    booleans: frozenset[str]


def read(path: Path, task: Capstone) -> Iterator[Line]:
    """Yield the labels of a file. Raises CapstanError when it cannot be read, or its columns are wrong."""
    kinds = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
    if path.suffix not in kinds:
        raise CapstanError(f"{path} is no {', '.join(kinds)} file.")
    types = _types(task) if path.suffix == ".csv" else None
    word = "row" if path.suffix == ".parquet" else "line"
    try:
        for number, row, problem in kinds[path.suffix](path):
            yield _line(number, f"{path}, {word} {number}", row, problem, types)
    except (OSError, ValueError) as error:  # pyarrow's own are ValueErrors
        raise CapstanError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _line(number: int, place: str, row: Row, problem: str, types: Types | None) -> Line:
    if problem:
        return Line(number, place, "", {}, problem=problem)
    try:
        actual = _actual(row, types)
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


def _csv(path: Path) -> Iterator[Numbered]:
    # What is not UTF-8 becomes a surrogate, which no JSON holds: it is a problem of its row alone.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        records = _records(file)
        _, header, problem = next(records, (1, [], ""))
        if problem:
            raise ValueError(f"line 1: {problem}")
        _check(header)
        for number, cells, problem in records:
            if len(cells) > len(header):
                problem = f"It has {len(cells)} fields, the header {len(header)}."
            if problem or any(cells):
                # Excel leaves out the last cells of a row, and adds columns without a name, where they are empty.
                row = {name: cell for name, cell in zip(header, cells, strict=False) if name or cell}
                yield number, row, problem


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str], str]]:
    """Yield the records of CSV, with their line. One that is malformed ends with its line: the next are read again."""
    numbered, again = enumerate(lines, 1), deque[tuple[int, str]]()
    while True:
        taken: list[tuple[int, str]] = []
        try:
            cells = next(csv.reader(_taken(numbered, again, taken), strict=True), None)
            problem = ""
        except csv.Error as error:
            cells, problem = [], f"It is no CSV: {error}."
            again.extendleft(reversed(taken[1:]))
        if cells is None:
            return
        yield taken[0][0], cells, problem


def _taken(
    numbered: Iterator[tuple[int, str]], again: deque[tuple[int, str]], taken: list[tuple[int, str]]
) -> Iterator[str]:
    while line := again.popleft() if again else next(numbered, None):
        taken.append(line)
        yield line[1]


def _jsonl(path: Path) -> Iterator[Numbered]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if text := line.removeprefix(codecs.BOM_UTF8).strip():
                try:
                    row = json.loads(text.decode(), object_pairs_hook=_object)
                    yield number, row, "" if isinstance(row, dict) else "It is no object."
                except ValueError as error:
                    yield number, {}, f"It is no JSON: {error}."
                except RecursionError:
                    yield number, {}, "It is nested too deeply."


def _parquet(path: Path) -> Iterator[Numbered]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        _check(file.schema_arrow.names)
        number = 0
        for group in range(file.num_row_groups):  # a damaged one leaves those before it readable
            for batch in file.iter_batches(1000, [group]):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row, ""


def _check(columns: list[str]) -> None:
    """Raise ValueError unless there is a label, and each column once."""
    twice = [ascii(name) for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        raise ValueError(f"its columns are there twice: {', '.join(twice)}.")
    if "label" not in columns:
        raise ValueError(f"it has no column `label`, but {', '.join(map(ascii, columns)) or 'none'}.")


def _object(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the field {twice!a} is there twice")
    return row


def _actual(row: Row, types: Types | None) -> Row:
    """Return a row as the endpoint takes it. Without types, the values have theirs already."""
    if types is not None:
        row = {name: _value(text, name, types) for name, text in row.items()}
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


def _value(text: str, name: str, types: Types) -> Any:
    if not text:
        return None
    if name in types.booleans and text.lower() in ("true", "false"):  # Excel writes TRUE
        return text.lower() == "true"
    if name in types.texts or (text[0] in "0123456789" and not _is_number(text)):  # a time
        return text
    try:
        return json.loads(text, object_pairs_hook=_object)
    except ValueError:
        return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _types(task: Capstone) -> Types:
    from pydantic import TypeAdapter

    columns = task.Request.model_json_schema()["properties"] | {"label": TypeAdapter(task.Actual).json_schema()}
    texts = {name for name, schema in columns.items() if _is(schema, "string")} | {"prediction_id"}
    booleans = {name for name, schema in columns.items() if _is(schema, "boolean")} | {"correct"}
    return Types(frozenset(texts), frozenset(booleans - texts))


def _is(schema: dict[str, Any], kind: str) -> bool:
    return any(one.get("type") == kind for one in (schema, *schema.get("anyOf", [])))
