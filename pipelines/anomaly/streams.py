"""What the feature store keeps of a stream: its state, its last values, and the parts of the last score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.detector import SETTING, Setting, State, update
from pipelines.anomaly.packing import pack, unpack

if TYPE_CHECKING:
    import pandas as pd

KEPT = 96  # values, to look at and to find neighbours in
FIELDS = ["state", "recent", "parts"]


class OutOfOrder(ValueError):
    """A value that is older than the last one."""


def after(features: Mapping[str, Any], time: float, value: float, threshold: float) -> dict[str, list[float]]:
    """Return the features of a stream after one more value. time: seconds after 1970. Raises OutOfOrder."""
    known = features.get("state")
    state = unpack(known) if known is not None and len(known) else State()
    if time < state.time:
        last = datetime.fromtimestamp(state.time, UTC).isoformat()
        raise OutOfOrder(f"The value is older than the last one of its stream, which is of {last}.")
    score, parts = update(state, time, value)
    state.alerted = 0.0 if score >= threshold else state.alerted + 1
    recent = features.get("recent")
    values = [*(recent if recent is not None else []), value][-KEPT:]
    return {"state": pack(state), "recent": [float(one) for one in values], "parts": [score, *parts]}


def seconds(times: pd.Series) -> list[float]:
    """Return instants as seconds after 1970."""
    made: list[float] = (times.to_numpy().astype("datetime64[ms]").astype(np.int64) / 1e3).tolist()
    return made


def scores(points: pd.DataFrame, setting: Setting = SETTING) -> dict[str, np.ndarray]:
    """Return the score of each value of each stream, from what came before it, by the stream's name."""
    made = {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        state = State()
        pairs = zip(seconds(rows[TIME]), rows[VALUE].tolist(), strict=True)
        made[str(name)] = np.array([update(state, time, value, setting)[0] for time, value in pairs])
    return made


def last_states(points: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """Return what is kept of each stream after its last value, by its name."""
    return {
        str(name): _kept(seconds(rows[TIME]), rows[VALUE].tolist())
        for name, rows in points.groupby(STREAM, sort=False, observed=True)
    }


def _kept(times: Iterable[float], values: Sequence[float]) -> dict[str, list[float]]:
    state, score, parts = State(), 0.0, [0.0, 0.0, 0.0]
    for time, value in zip(times, values, strict=True):
        score, parts = update(state, time, value)
    return {"state": pack(state), "recent": [float(one) for one in values[-KEPT:]], "parts": [score, *parts]}
