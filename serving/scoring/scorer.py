"""From validated rows to scores: the features of a variant, then its model."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from kserve.errors import InferenceError
from pydantic import BaseModel

from serving.errors import Unavailable, one_line
from serving.scoring.features import Report
from serving.scoring.variants import Variant

log = logging.getLogger("serving")
STORE_TIMEOUT = 2  # seconds
LOOP_SECONDS = 0.005  # a model that takes longer must not hold up the event loop, and with it the health probes


@dataclass(frozen=True)
class Scores:
    """What became of n rows: the model's columns of n values each, n reports and n scores, of shape (n,)."""

    columns: dict[str, list]
    reports: list[Report]
    scores: np.ndarray

    def part(self, start: int, stop: int) -> "Scores":
        """Return some of the rows."""
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        return Scores(columns, self.reports[start:stop], self.scores[start:stop])


class Scorer:
    """Scores rows with one variant of a capstone."""

    def __init__(self, name: str, variant: Variant):
        self.name, self.variant = name, variant
        self._row_seconds = 0.0  # what the model took last

    async def score(self, requests: Sequence[BaseModel]) -> Scores:
        """Look up features and predict. Raises Unavailable, or InferenceError when the model gives no score a row."""
        columns, reports = await self.features(requests)
        scores = await self._predict(columns, len(requests))
        if scores.shape != (len(requests),):
            raise InferenceError(f"Version {self.variant.version} of {self.name!r} gave no score a row.")
        return Scores(columns, reports, scores)

    async def features(self, requests: Sequence[BaseModel]) -> tuple[dict[str, list], list[Report]]:
        """Return the model's columns and the reports, by the defaults where the online store fails and there are some.

        Raises Unavailable.
        """
        if self.variant.transformer is None:
            return self.variant.transform(requests)
        # In a thread, for 0.1 ms: an online store that hangs must stop neither the health probes nor other capstones.
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                return await asyncio.to_thread(self.variant.transform, requests)
        except (TimeoutError, Unavailable) as error:
            late = isinstance(error, TimeoutError)
            problem = f"The online store has not answered within {STORE_TIMEOUT} s." if late else str(error)
        if not self.variant.defaults:
            raise Unavailable(problem)
        log.warning("%s: answered by FEATURE_DEFAULTS: %s", self.name, one_line(problem))
        return self.variant.fall_back(requests)

    async def _predict(self, columns: dict[str, list], rows: int) -> np.ndarray:
        start = time.perf_counter()
        if self._row_seconds * rows > LOOP_SECONDS:
            scores = await asyncio.to_thread(self.variant.predict, columns)
        else:
            scores = self.variant.predict(columns)
        self._row_seconds = (time.perf_counter() - start) / rows
        return scores
