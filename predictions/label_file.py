"""Labels of a file, sent to the endpoint in batches. What was taken stays taken, so a file may be loaded again.

A row that is wrong is refused, with its reason, and holds up no other one, whether it is found here or by the endpoint.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.services import http
from capstan.settings import settings
from predictions.label_rows import Line, Row, read

BATCH = 1000  # what the endpoint takes at once
BEFORE, AFTER = b'{"actuals":[', b"]}"
PATIENCE = 60.0  # seconds, with an endpoint that has too much to do
BUSY = (429, 503)
TOO_LARGE = 413


@dataclass
class Report:
    """How many labels became what, late ones counted again as `late`; and the refused rows, each with its reason."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Row] = field(default_factory=list)

    def add(self, line: Line, result: Row) -> None:
        """Count what became of a row."""
        self.counts[result["outcome"]] += 1
        self.counts["late"] += bool(result.get("late"))
        if "error" in result:
            error = f"{line.place}{line.about}: {result['error']}"
            refused = {"line": line.number, "row": line.row or None, "outcome": result["outcome"], "error": error}
            self.refused.append(refused)


def load(capstone: str, path: Path, report: Report) -> None:
    """Send the labels of a file to the endpoint of a capstone; add what became of each to a report.

    Raises CapstanError when the file cannot be read or the endpoint does not answer. What was sent before is taken, and
    in the report.
    """
    task = catalogue.load(capstone)
    if "labels" not in task.capabilities:
        raise CapstanError(
            f"{capstone} takes no labels: its task.py states no `Actual`. See docs/adding-a-capstone.md."
        )
    most, last = min(task.LIMITS.bytes, settings().max_body_bytes), None
    try:
        for batch in _batches(read(path, task), most):
            results = iter(_send(capstone, [line for line in batch if not line.problem]))
            for line in batch:
                report.add(line, {"outcome": "wrong", "error": line.problem} if line.problem else next(results))
            last = batch[-1]
    except CapstanError as error:
        if last is None:
            raise
        advice = f"{last.place} was the last one sent. Load the file again: what is there already stays as it is."
        raise CapstanError(f"{error} {advice}") from error


def _batches(lines: Iterable[Line], most: int) -> Iterator[list[Line]]:
    """Yield the lines of each request, whose body has at most so many bytes. What was read before an error is sent."""
    batch: list[Line] = []
    size = empty = len(BEFORE) + len(AFTER)
    problem = None
    try:
        for line in lines:
            if empty + len(line.body) > most:
                line = replace(line, body=b"", problem=f"It has {len(line.body):,} bytes; the endpoint takes {most:,}.")
            if batch and (len(batch) == BATCH or size + len(line.body) > most):
                yield batch
                batch, size = [], empty
            batch.append(line)
            size += len(line.body) + 1  # a comma
    except CapstanError as error:
        problem = error
    if batch:
        yield batch
    if problem:
        raise problem


def _send(capstone: str, lines: list[Line]) -> list[Row]:
    """Return what became of some labels. Where the endpoint takes fewer bytes than it should, they go by halves."""
    if not lines:
        return []
    status, answer = _post(capstone, BEFORE + b",".join(line.body for line in lines) + AFTER)
    if "results" in answer:
        results: list[Row] = answer["results"]
        return results
    if status != TOO_LARGE:
        raise CapstanError(f"The endpoint answered {status}: {answer.get('error', answer)}")
    if len(lines) == 1:
        return [{"outcome": "wrong", "error": answer.get("error", "It has too many bytes.")}]
    half = len(lines) // 2
    return _send(capstone, lines[:half]) + _send(capstone, lines[half:])


def _post(capstone: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON of the endpoint's answer. Wait for one that has too much to do."""
    url = f"{profile().endpoint(capstone)}/v2/models/{capstone}/actuals"
    token = settings().labels_token
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            reply = http.request("POST", url, 60, headers, content=body)
            answer = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CapstanError(f"The endpoint does not answer at {url} ({error}). See `capstan status`.") from error
        wait = float(reply.headers.get("retry-after", 1))
        if reply.status_code not in BUSY or time.monotonic() + wait > deadline:
            return reply.status_code, answer
        time.sleep(wait)
