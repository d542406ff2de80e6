"""Scores the rows of a piece with one version: what the endpoint would answer, and what it would refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from kserve.errors import InvalidInput

from capstan.errors import InvalidRow
from feature_repo.store import open_store
from predictions import ids
from serving.batch import columns
from serving.batch.offline import OfflineTransformer
from serving.batch.reading import Rows, Unreadable
from serving.model import log_lines
from serving.model.inference import Inference
from serving.schema.answers import AnswerSchema
from serving.schema.rows import Row, RowDecoder
from serving.scoring.features import Report
from serving.scoring.scorer import checked
from serving.scoring.variants import load_variant

if TYPE_CHECKING:
    import pyarrow as pa

POSITION = re.compile(r"^row \d+(, |: )")
ANSWERED = ("prediction_id", "version", "prediction_time")


@dataclass(frozen=True)
class Scored:
    """What became of some rows: a table of those that were answered, the others with the reason, lines for the log."""

    table: pa.Table
    refused: list[dict[str, Any]]
    log: bytes


class BatchScorer:
    """One version.

    keep: columns of the input that are no fields of a request, and go to the output. log: whether to make lines for
    the prediction log.
    """

    def __init__(self, name: str, version: str, keep: Sequence[str] = (), log: bool = False):
        self.name, self.keep, self.log = name, list(keep), log
        self.variant = load_variant(name, "batch", version, open_store, transformer=OfflineTransformer)
        task, schema = self.variant.loaded.task, self.variant.loaded.schema
        self.request: dict[str, Any] = schema["request"]
        self.prediction: dict[str, Any] = schema["prediction"]["properties"]
        self.decoder = RowDecoder(task.Request, task.LIMITS.pixels)
        self.answers = AnswerSchema(task.Prediction, self.variant.label)
        self.fields = list(self.request["properties"])

    def score(self, given: Rows, answered_at: datetime) -> Scored:
        """Score rows. answered_at: the time of the answer, in the log.

        Raises InferenceError where the model breaks its own schema.
        """
        rows, places, refused = self.valid(given)
        inputs, reports = self.features(rows)
        taken: list[int] = []
        predictions: list[dict[str, Any]] = []
        start = 0
        while start < len(rows):
            part = {name: values[start:] for name, values in inputs.items()}
            answers, wrong = self.predicted(part, len(rows) - start)
            predictions += answers
            taken += range(start, start + len(answers))
            start += len(answers)
            if wrong:
                refused.append(refusal(given, places[start], wrong))
                start += 1
        inputs = {name: [values[index] for index in taken] for name, values in inputs.items()}
        inference = Inference(
            self.variant, [rows[index] for index in taken], inputs, [reports[index] for index in taken], predictions,
            [ids.new() for _ in taken],
        )  # fmt: skip
        lines = log_lines.encode(self.name, inference, answered_at=answered_at) if self.log and taken else b""
        refused.sort(key=lambda row: int(row[given.word]))
        return Scored(self.table(given, [places[index] for index in taken], inference), refused, lines)

    def features(self, rows: list[Row]) -> tuple[dict[str, list[Any]], list[Report]]:
        """Return the model's columns, and what is not known of each row."""
        if not (rows and self.variant.transformer):
            return self.variant.fields(rows), [Report() for _ in rows]
        found, reports = self.variant.transformer.transform(rows)
        return found | self.variant.fields(rows), reports

    def predicted(self, inputs: dict[str, list[Any]], count: int) -> tuple[list[dict[str, Any]], str]:
        """Return the predictions of all rows, or of those before the first that the model refuses, and why."""
        wrong = ""
        while count:
            try:
                predictions = checked(self.variant.model.predict_columns(inputs), count, self.variant.label)
                return self.answers.rows(predictions, count), wrong
            except InvalidRow as error:
                wrong, count = error.message, error.row
                inputs = {name: values[:count] for name, values in inputs.items()}
        return [], wrong

    def valid(self, given: Rows) -> tuple[list[Row], list[int], list[dict[str, Any]]]:
        """Return the rows that a request may have, their places, and the others with the reason."""
        rows: list[Row] = []
        places: list[int] = []
        refused = [
            refusal(given, place, request.reason)
            for place, request in enumerate(given.requests)
            if isinstance(request, Unreadable)
        ]
        readable = [place for place, request in enumerate(given.requests) if not isinstance(request, Unreadable)]
        for first in range(0, len(readable), self.decoder.max_rows):
            part = readable[first : first + self.decoder.max_rows]
            requests = [self.without_more(given.requests[place], given.absent) for place in part]
            try:
                rows += self.decoder.validate(requests)
                places += part
            except InvalidInput:  # one by one, to find out which
                for place, request in zip(part, requests, strict=True):
                    try:
                        rows += self.decoder.validate([request])
                        places.append(place)
                    except InvalidInput as error:
                        refused.append(refusal(given, place, str(error.reason)))
        return rows, places, refused

    def without_more(self, request: Any, absent: bool) -> Any:
        """Return a row as a request: without what is kept, and without optional fields that are absent."""
        if not isinstance(request, dict):
            return request
        optional = self.decoder.optional if absent else ()
        return {
            name: value
            for name, value in request.items()
            if name not in self.keep and not (value is None and name in optional)
        }

    def table(self, rows: Rows, places: list[int], inference: Inference) -> pa.Table:
        """Return the rows that were answered: the input as it was validated, then the prediction."""
        import pyarrow as pa

        names = [*self.keep, *self.fields]
        if rows.table is None:
            table = self.validated(rows, places, inference, names)
        else:
            table = rows.table.take(pa.array(places, "int64"))
            retyped = self.validated(rows, places, inference, rows.retyped) if rows.retyped else {}
            for name in rows.retyped:
                position = table.schema.get_field_index(name)  # -1 for a column of a folder's name
                change = table.append_column if position < 0 else partial(table.set_column, position)
                table = change(name, retyped[name])
        times = [row.time for row in inference.rows]
        values = (inference.prediction_ids, [self.variant.version] * len(places), times)
        types = ("string", "string", pa.timestamp("us", "UTC"))
        answered = columns.table(inference.predictions, list(self.prediction), self.prediction)
        more = {name: pa.array(entries, type_) for name, entries, type_ in zip(ANSWERED, values, types, strict=True)}
        for name, column in [*more.items(), *zip(answered.column_names, answered.columns, strict=True)]:
            table = table.append_column(f"prediction_{name}" if name in names else name, column)
        return table

    def validated(self, rows: Rows, places: list[int], inference: Inference, names: list[str]) -> pa.Table:
        """Return some columns of the input: fields of a request as it was validated, others as they were given."""
        fields, kept = {*names} & {*self.fields}, [name for name in names if name not in self.fields]
        valid = []
        for place, row in zip(places, inference.rows, strict=True):
            others = {name: rows.requests[place].get(name) for name in kept}
            valid.append(others | row.request.model_dump(mode="json", include=fields))
        return columns.table(valid, names, self.request["properties"])


def refusal(rows: Rows, place: int, reason: str) -> dict[str, Any]:
    """Return a row that is not answered: its place in its file, why, and what it is."""
    request = rows.requests[place]
    request = request.given if isinstance(request, Unreadable) else request
    return {rows.word: rows.numbers[place], "reason": POSITION.sub("", reason), "input": request}
