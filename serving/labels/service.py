"""What becomes of the labels of a request. They are taken one request after the other, in their own thread."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from kserve.errors import InvalidInput

from capstan.errors import CapstanError, Unavailable
from predictions.find import About, Finder, Prediction
from predictions.labels import Actual, LabelResult, LabelStore, label_store
from predictions.log import PredictionLog
from serving import metrics
from serving.labels.decoder import LabelDecoder, Sent

STATUSES = {"accepted": 200, "same": 200, "corrected": 200, "contradicting": 409, "unknown": 404, "wrong": 400}
NONE: Mapping[str, Prediction] = MappingProxyType({})
Result = dict[str, Any]


class Read(NamedTuple):
    """A label that could be read: which of the request, what was sent, and the predictions that it is of."""

    row: int
    sent: Sent
    label: str
    known_at: datetime
    predictions: Mapping[str, Prediction] = NONE


class LabelService:
    """Takes labels for the predictions of a log. An answer means that they are committed."""

    def __init__(self, log: PredictionLog, store: LabelStore | None = None):
        self._finder = Finder(log.folder, log.storage)
        self._store = store
        self._later = ""
        if log.storage:
            self._later = f" One of another server is found {log.segment_seconds:g} s later, in the object store."
        self._thread = ThreadPoolExecutor(1, "labels")

    async def take(self, model: str, decoder: LabelDecoder, payload: object, client: str) -> list[Result]:
        """Return what became of each label of a request, as JSON has it; `status` is the one of HTTP.

        Raises InvalidInput for a body that holds no labels, and Unavailable when log or labels cannot be read or
        written: then none of them is.
        """
        work, rows = asyncio.get_running_loop().run_in_executor, decoder.rows(payload)
        results = await work(self._thread, self._take, model, decoder, rows, client)
        for kind, count in Counter(result["outcome"] for result in results).items():
            metrics.labels.labels(model, kind).inc(count)
        return results

    def _take(self, model: str, decoder: LabelDecoder, rows: Sequence[object], client: str) -> list[Result]:
        results: dict[int, Result] = {}
        try:
            reads = self._find(model, decoder, rows, results)
            actuals = [_actual(read, decoder.delay) for read in reads]
            outcomes = (self._store or label_store()).add(model, actuals, client) if actuals else []
        except (OSError, CapstanError) as error:
            raise Unavailable(f"The labels were not taken: {error} Send them again.") from error
        for read, actual, outcome in zip(reads, actuals, outcomes, strict=True):
            results[read.row] = _result(actual, outcome)
        return [results[row] for row in range(len(rows))]

    def _find(
        self, model: str, decoder: LabelDecoder, rows: Sequence[object], results: dict[int, Result]
    ) -> list[Read]:
        """Return the labels that may be written, with their predictions; why others may not goes to `results`."""
        now, reads = datetime.now(UTC), []
        for row, sent in enumerate(rows):
            try:
                reads.append(Read(row, *decoder.read(sent, now)))
            except InvalidInput as error:
                results[row] = _refused("wrong", str(error))
        by_id = self._finder.by_id(model, {read.sent.prediction_id for read in reads if read.sent.prediction_id})
        abouts = {
            read.row: About(read.sent.entity, read.sent.time)
            for read in reads
            if read.sent.entity is not None and read.sent.time is not None
        }
        by_row = dict(zip(abouts, self._finder.by_entity(model, abouts.values()), strict=True))
        writable = []
        for read in reads:
            id_ = read.sent.prediction_id
            predictions = ({id_: by_id[id_]} if id_ in by_id else {}) if id_ is not None else by_row[read.row]
            if problem := self._problem(model, read, predictions):
                results[read.row] = problem
            else:
                writable.append(read._replace(predictions=predictions))
        return writable

    def _problem(self, model: str, read: Read, predictions: dict[str, Prediction]) -> Result | None:
        """Return why a label cannot be of its predictions, or None."""
        if not predictions:
            about = f"the id {id_[:80]!r}" if (id_ := read.sent.prediction_id) is not None else "this entity and time"
            return _refused("unknown", f"No prediction of {model} has {about}.{self._later}")
        latest = max(prediction.prediction_time for prediction in predictions.values())
        if read.known_at < latest:
            known, predicted = read.known_at.isoformat(), latest.isoformat()
            return _refused("wrong", f"known_at: It is {known}, before the prediction, which is of {predicted}.")
        return None


def _actual(read: Read, delay: timedelta | None) -> Actual:
    predicted = max(prediction.prediction_time for prediction in read.predictions.values())
    late = delay is not None and read.known_at > predicted + delay
    answered = {id_: prediction.time for id_, prediction in read.predictions.items()}
    return Actual(answered, read.label, read.known_at, late, read.sent.correct)


def _refused(kind: str, error: str, **more: Any) -> Result:
    return {"status": STATUSES[kind], "outcome": kind, "error": error, **more}


def _result(actual: Actual, outcome: LabelResult) -> Result:
    if outcome.kind == "early":
        return _refused("wrong", "known_at: A correction cannot have been known before the label that it corrects.")
    if outcome.kind == "contradicting":
        id_, held = next(iter(outcome.held.items()))
        return _refused(
            outcome.kind,
            f"Prediction {id_} has the label {held.label}, not {actual.label}. To replace it, send `correct`: true.",
            prediction_ids=list(outcome.held),
            held=orjson.loads(held.label),
            sent=orjson.loads(actual.label),
        )
    return {"status": 200, "outcome": outcome.kind, "prediction_ids": list(actual.predictions), "late": actual.late}


def summary(results: Iterable[Result]) -> tuple[int, str]:
    """Return the status of a whole answer, and what was refused, or "".

    The status is that of its labels, or 207 (Multi-Status) where they have several.
    """
    results = list(results)
    statuses = {result["status"] for result in results}
    refused = [(row, result["error"]) for row, result in enumerate(results) if "error" in result]
    status = statuses.pop() if len(statuses) == 1 else 207
    if not refused:
        return status, ""
    row, error = refused[0]
    more = f" And {len(refused) - 1} more." if len(refused) > 1 else ""
    return status, f"row {row}: {error}{more}"
