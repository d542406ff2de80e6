"""From validated rows to predictions: the features of a variant, then its model."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from kserve.errors import InferenceError

from capstan.errors import Unavailable
from serving import threads
from serving.errors import one_line
from serving.schema.rows import Row
from serving.scoring.features import Report
from serving.scoring.variants import Variant

log = logging.getLogger("serving")
STORE_TIMEOUT = 2  # seconds
LOOP_SECONDS = 0.005  # a model that takes longer must not hold up the event loop, and with it the health probes

Columns = dict[str, list[Any]]
Predictions = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Scores:
    """What became of n rows: the model's columns and its predictions, of n values each, and n reports."""

    columns: Columns
    reports: list[Report]
    predictions: Predictions

    def part(self, start: int, stop: int) -> "Scores":
        """Return some of the rows."""
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        predictions = {name: values[start:stop] for name, values in self.predictions.items()}
        return Scores(columns, self.reports[start:stop], predictions)


class Scorer:
    """Scores rows with one variant of a capstone."""

    def __init__(self, name: str, variant: Variant):
        self.name, self.variant = name, variant
        # Its own, or slow models would take the threads that look up features.
        self._threads = ThreadPoolExecutor(variant.loaded.task.LIMITS.predictions, f"model-{name}")
        self._row_seconds: float | None = None  # what the model took last; its first call may take long

    async def score(self, rows: Sequence[Row]) -> Scores:
        """Look up features and predict. Raises Unavailable, or InferenceError when values are missing."""
        columns, reports = await self.features(rows)
        n, start = len(rows), time.perf_counter()
        if not self.variant.model.steady or self._row_seconds is None or self._row_seconds * n > LOOP_SECONDS:
            predictions = await threads.run(self._threads, partial(self.variant.model.predict_columns, columns))
        else:
            predictions = self.variant.model.predict_columns(columns)
        self._row_seconds = (time.perf_counter() - start) / n
        return Scores(columns, reports, checked(predictions, n, self.variant.label))

    async def features(self, rows: Sequence[Row]) -> tuple[Columns, list[Report]]:
        """Return the model's columns and n reports. FEATURE_DEFAULTS, if any, stand in for a store that fails.

        Raises Unavailable.
        """
        if self.variant.transformer is None:
            return self.variant.fields(rows), [Report() for _ in rows]
        # A thread costs 0.1 ms. Without it, a store that hangs would stop the health probes and other capstones.
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                features, reports = await asyncio.to_thread(self.variant.transformer.transform, rows)
            return features | self.variant.fields(rows), reports
        except (TimeoutError, Unavailable) as error:
            late = isinstance(error, TimeoutError)
            problem = f"The online store has not answered within {STORE_TIMEOUT} s." if late else str(error)
        if not self.variant.defaults:
            raise Unavailable(problem)
        log.warning("%s: answered by FEATURE_DEFAULTS: %s", self.name, one_line(problem))
        return self.variant.fall_back(rows)


def checked(predictions: object, n: int, label: str) -> Predictions:
    """Return predictions as columns that can be sliced, n values each. Raises InferenceError."""
    if not isinstance(predictions, Mapping):
        raise InferenceError(f"{label} returned a {type(predictions).__name__}, not a dict of the prediction's fields.")
    columns: Predictions = {}
    for name, values in predictions.items():
        try:
            column: Any = values if isinstance(values, np.ndarray | list) else list(values)
            columns[name], count = column, len(column)
        except TypeError:
            raise InferenceError(f"{label} gave a {type(values).__name__} as {name!r}, not {n} values.") from None
        if count != n:
            raise InferenceError(f"{label} gave {count} values of {name!r} for {n} rows.")
    return columns
