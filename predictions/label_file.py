"""Labels of a file, sent to the endpoint in batches. What was taken stays taken, so a file may be loaded again.

A row has `prediction_id`, or the entity's keys as columns and `time`, the prediction time; `label`; and where they are
known `known_at` and `correct`. In CSV, empty is missing, and what is JSON is read as JSON unless it should be a text.
"""

import csv
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from capstan import catalogue, http
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings

BATCH = 1000  # what the endpoint takes at once
FIELDS = ("prediction_id", "time", "label", "known_at", "correct")
KINDS = (".csv", ".jsonl", ".parquet")
PATIENCE = 60.0  # seconds, with an endpoint that has too much to do
BUSY = (429, 503)
Row = dict[str, Any]


@dataclass
class Report:
    """How many labels became what, late ones counted again as `late`; and the refused rows, each with its reason."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Row] = field(default_factory=list)

    def add(self, row: Row, result: Row) -> None:
        """Count what became of a row."""
        self.counts[result["outcome"]] += 1
        self.counts["late"] += bool(result.get("late"))
        if "error" in result:
            self.refused.append({"row": row, "outcome": result["outcome"], "error": result["error"]})


def load(capstone: str, path: Path) -> Report:
    """Send the labels of a file to the endpoint of a capstone; return what became of them.

    Raises CapstanError when the file cannot be read or the endpoint does not answer. What was sent before is taken.
    """
    from pydantic import TypeAdapter

    task, report = catalogue.load(capstone), Report()
    if "labels" not in task.capabilities:
        raise CapstanError(
            f"{capstone} takes no labels: its task.py states no `Actual`. See docs/adding-a-capstone.md."
        )
    fields = task.Request.model_json_schema()["properties"] | {"label": TypeAdapter(task.Actual).json_schema()}
    texts = {name for name, schema in fields.items() if _is_text(schema)} | {"prediction_id"}
    rows, done = _rows(path, texts), 0
    while batch := list(islice(rows, BATCH)):
        try:
            results = _send(capstone, batch)
        except CapstanError as error:
            said = f"The first {done} rows of {path} are done. Load it again: what is there already stays as it is."
            raise CapstanError(f"{error} {said}") from error
        for row, result in zip(batch, results, strict=True):
            report.add(row, result)
        done += len(batch)
    return report


def _send(capstone: str, rows: list[Row]) -> list[Row]:
    url = f"{profile().endpoint(capstone)}/v2/models/{capstone}/actuals"
    token = settings().labels_token
    headers = {"Authorization": f"Bearer {token}"} if token else None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            reply = http.request("POST", url, 60, headers, json={"actuals": rows})
            answer = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CapstanError(f"The endpoint does not answer at {url} ({error}). See `capstan status`.") from error
        if "results" in answer:
            results: list[Row] = answer["results"]
            return results
        wait = float(reply.headers.get("retry-after", 1))
        if reply.status_code not in BUSY or time.monotonic() + wait > deadline:
            raise CapstanError(f"The endpoint answered {reply.status_code}: {answer.get('error', answer)}")
        time.sleep(wait)


def _rows(path: Path, texts: set[str]) -> Iterator[Row]:
    """Yield the labels of a file as the endpoint takes them. Raises CapstanError."""
    if path.suffix not in KINDS:
        raise CapstanError(f"{path} is no {', '.join(KINDS)} file.")
    try:
        for row in {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[path.suffix](path):
            yield _actual(row, texts if path.suffix == ".csv" else None)
    except (OSError, ValueError, csv.Error) as error:  # pyarrow's own and those of JSON are ValueErrors
        raise CapstanError(f"{path} cannot be read: {error}") from error


def _csv(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open() as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no object")
            yield row


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            yield from batch.to_pylist()


def _actual(row: Row, texts: set[str] | None) -> Row:
    """Return a row as the endpoint takes it. `texts`: fields that stay text; None: the values have types already."""
    if texts is not None:
        row = {str(name): _value(text, name in texts) for name, text in row.items()}
    row = {name: _plain(value) for name, value in row.items()}
    label = {name: row[name] for name in FIELDS if row.get(name) is not None}
    keys = {name: value for name, value in row.items() if name not in FIELDS}
    if "prediction_id" not in label:
        label["entity"] = keys.get("entity", keys)
    return label


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; NaN is how frames write that there is none."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | dict | list | None) else str(value)


def _value(text: str | None, is_text: bool) -> Any:
    if not text:
        return None
    if is_text or (text[0] in "0123456789" and not _is_number(text)):  # a time
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_text(schema: dict[str, Any]) -> bool:
    return any(kind.get("type") == "string" for kind in (schema, *schema.get("anyOf", [])))
