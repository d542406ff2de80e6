"""What is served: a threshold on the score of a stream's last value, and what the score consists of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.errors import InvalidRow
from capstan.model import Columns, Model
from pipelines.anomaly import streams
from pipelines.anomaly.columns import SIGNALS, STREAM
from pipelines.anomaly.detector import SETTING, State
from pipelines.anomaly.neighbours import nearest
from pipelines.anomaly.packing import unpack

if TYPE_CHECKING:
    import pandas as pd

MEANING = {
    "beyond": "the value lies beyond all earlier ones",
    "unsettled": "of late, values are further from what is usual at their time of day than ever",
    "jumpy": "of late, jumps are larger than those of this stream",
}


class AnomalyModel(Model):
    """One threshold for every stream. `state`, `recent` and `parts` come from the feature store, by the stream."""

    inputs = {STREAM: "string", "state": "double[]", "recent": "double[]", "parts": "double[]"}
    requirements = ("numpy",)
    steady = True

    def __init__(self, threshold: float, held_out: Mapping[str, float], simple: Mapping[str, float]):
        """held_out: for each stream that was learned from, the threshold chosen without its labels.

        simple: the same of the windowed Gaussian, which the gate compares with; "" has that of all streams.
        """
        self.threshold, self.held_out, self.simple = threshold, dict(held_out), dict(simple)

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return decision, score and reasons of each stream's last value. Raises InvalidRow for an unknown stream."""
        rows = []
        for row, (name, state) in enumerate(zip(columns[STREAM], columns["state"], strict=True)):
            if not _there(state):
                raise InvalidRow(
                    f"Nothing is known of a stream {name!r}. Send its values as events first.", row, STREAM
                )
            rows.append(self.answer(unpack(state), list(columns["recent"][row]), list(columns["parts"][row])))
        return {field: [row[field] for row in rows] for field in rows[0]} if rows else {}

    def answer(self, state: State, recent: list[float], parts: list[float]) -> dict[str, Any]:
        """Return the fields of one prediction. parts: the score, then what each signal adds before it is held down."""
        score, adds = parts[0], parts[1:]
        learning = state.count <= SETTING.learning
        return {
            "decision": "learning" if learning else "alert" if score >= self.threshold else "normal",
            "score": float(self.shown(np.array(score))),
            "value": state.last,
            "time": datetime.fromtimestamp(state.time, UTC).isoformat(),
            "usual": state.usual,
            "since": None if isnan(state.alerted) else int(state.alerted),
            "series": [[float(at - len(recent) + 1), value] for at, value in enumerate(recent)],
            "reasons": [
                {"signal": name, "adds": float(added / self.threshold), "meaning": MEANING[name]}
                for name, added in sorted(zip(SIGNALS, adds, strict=True), key=lambda pair: -pair[1])
            ],
            "neighbours": [{"ago": ago, "distance": distance} for ago, distance in nearest(recent)],
        }

    def alarm(self, stream: str, value: float, time: datetime, parts: list[float]) -> str | None:
        """Return what is unusual about a value, in words. parts: as those of `answer`."""
        if parts[0] < self.threshold:
            return None
        strongest = max(zip(parts[1:], SIGNALS, strict=True))[1]
        at, times = f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", f"{parts[0] / self.threshold:.2f} times"
        return f"{stream}: {value:g} at {at} scores {times} what alerts: {MEANING[strongest]}."

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the score of each value of each stream, by the stream's name, as the endpoint gives them."""
        return streams.scores(points)

    def shown(self, scores: np.ndarray) -> np.ndarray:
        """Return scores on a scale from 0 to 1, on which an alert starts at one half."""
        return np.asarray(scores / (scores + self.threshold))

    def threshold_of(self, stream: str) -> float:
        """Return the threshold that was chosen without the labels of a stream."""
        return self.held_out.get(stream, self.threshold)


def _there(values: Any) -> bool:
    return values is not None and not isinstance(values, float) and len(values) > 0
