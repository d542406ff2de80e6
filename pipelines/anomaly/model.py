"""What is served: a threshold on the score of a stream's last value, and what the score consists of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from pipelines.anomaly import streams
from pipelines.anomaly.columns import SIGNALS, STREAM, VALUE
from pipelines.anomaly.detector import FROZEN, SETTING, State
from pipelines.anomaly.neighbours import nearest

if TYPE_CHECKING:
    import pandas as pd

MEANING = {
    "beyond": "the value lies beyond all earlier ones",
    "unsettled": "of late, values are further from what is usual at their time of day than ever",
    "jumpy": "of late, jumps are larger than those of this stream",
    "frozen": "the value has not changed for {} values",
}


def reasons(state: State, column: streams.Column) -> dict[str, float]:
    """Return what each signal adds to the score of a column's last value."""
    return dict(zip(SIGNALS, column.parts[1:], strict=True)) | ({"frozen": FROZEN} if state.pulse.over else {})


def meaning(signal: str, state: State) -> str:
    """Return what a signal says."""
    return MEANING[signal].format(f"{state.pulse.run:,.0f}")


class AnomalyModel(Model):
    """One threshold for every stream. All inputs but its name come from the feature store: see `streams.py`."""

    inputs = {STREAM: "string", "columns": "string[]", **dict.fromkeys(("state", "recent", "parts"), "double[]")}
    requirements = ("numpy",)
    steady = True

    def __init__(self, threshold: float):
        self.threshold = threshold

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return decision, score and reasons of each stream's last value. Raises InvalidRow for an unknown stream."""
        rows = []
        for row, name in enumerate(columns[STREAM]):
            known = streams.columns_of({field: _known(columns[field][row]) for field in streams.FIELDS})
            if not known:
                raise InvalidRow(
                    f"Nothing is known of a stream {name!r}. Send its values as events first.", row, STREAM
                )
            rows.append(self.answer(known))
        return {field: [row[field] for row in rows] for field in rows[0]} if rows else {}

    def answer(self, columns: Mapping[str, streams.Column]) -> dict[str, Any]:
        """Return the fields of one prediction: of the stream, and of the column that is most unusual."""
        states = {name: column.known for name, column in columns.items()}
        decisions = {name: self.decision(states[name], column) for name, column in columns.items()}
        order = {"alert": 0, "ongoing": 1, "normal": 2}
        names = sorted(
            columns, key=lambda name: (order[decisions[name]], -columns[name].parts[0], -sum(columns[name].parts[1:]))
        )
        name, column, state = names[0], columns[names[0]], states[names[0]]
        alerted = [int(known.alerted) for known in states.values() if not isnan(known.alerted)]
        alerted += [int(known.age) for known in states.values() if known.peak >= self.threshold]
        learning = all(known.count <= SETTING.learning for known in states.values())
        return {
            "decision": "learning" if learning else decisions[name],
            "score": self.score(column),
            "column": name,
            "value": state.last,
            "time": datetime.fromtimestamp(state.time, UTC).isoformat(),
            "usual": state.usual,
            "since": (state.pulse.over - 1 if state.pulse.over else int(state.age))
            if decisions[name] == "ongoing"
            else min(alerted, default=None),
            "unchanged": int(state.pulse.run) or None,
            "gap": state.pulse.gap if state.pulse.seen else None,
            "noise": state.pulse.noise if state.pulse.seen else None,
            "series": [[float(index - len(column.recent) + 1), value] for index, value in enumerate(column.recent)],
            "reasons": [
                {"signal": signal, "adds": float(added / self.threshold), "meaning": meaning(signal, state)}
                for signal, added in sorted(reasons(state, column).items(), key=lambda pair: -pair[1])
            ],
            "neighbours": [{"ago": ago, "distance": distance} for ago, distance in nearest(column.recent)],
            "columns": [
                {
                    "column": field,
                    "score": self.score(columns[field]),
                    "value": states[field].last,
                    "usual": states[field].usual,
                }
                for field in names
            ],
        }

    def decision(self, state: State, column: streams.Column) -> str:
        """Return "alert", "ongoing" or "normal" for the last value of a column."""
        if column.parts[0] >= self.threshold:
            return "alert"
        return "ongoing" if streams.ongoing(state, column.parts, column.recent, self.threshold) else "normal"

    def score(self, column: streams.Column) -> float:
        """Return the score of a column's last value, from 0 to 1."""
        return float(self.shown(np.array(column.parts[0])))

    def alarm(
        self, stream: str, values: Mapping[str, float], time: datetime, features: Mapping[str, Any]
    ) -> str | None:
        """Return what is unusual about the values of an event, in words. features: of its stream, after it."""
        if max(features["parts"][:: streams.PARTS]) < self.threshold:  # as most are
            return None
        columns = streams.columns_of(features)
        unusual = {name: columns[name] for name in values if columns[name].parts[0] >= self.threshold}
        lines = []
        for name, column in unusual.items():
            state, score = column.known, column.parts[0]
            adds = reasons(state, column)
            strongest = max(adds, key=lambda signal: adds[signal])
            what = stream if name == VALUE else f"{stream}, {name}"
            moment, times = f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", f"{score / self.threshold:.2f} times"
            lines.append(
                f"{what}: {values[name]:g} at {moment} scores {times} what alerts: {meaning(strongest, state)}."
            )
        return "\n".join(lines) or None

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the score of each value of each stream, by the stream's name, as the endpoint gives them."""
        return streams.scores(points)

    def shown(self, scores: np.ndarray) -> np.ndarray:
        """Return scores on a scale from 0 to 1, on which an alert starts at one half."""
        return np.asarray(scores / (scores + self.threshold))


def _known(values: Any) -> Any:
    """Return what a feature has, or None where it has none: a table has NaN there."""
    return None if values is None or isinstance(values, float) or not len(values) else values
