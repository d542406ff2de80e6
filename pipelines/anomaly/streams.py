"""What the feature store keeps of a stream: of each column its state, its last values, and the parts of its score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipelines.anomaly import pulse
from pipelines.anomaly.columns import MOST, SIGNALS, STREAM, TIME, VALUE
from pipelines.anomaly.detector import SETTING, Setting, State, update
from pipelines.anomaly.packing import PLAIN, SIZE, pack, unpack

if TYPE_CHECKING:
    import pandas as pd

KEPT = 96  # values of a column, to look at and to find neighbours in
FIELDS = ["columns", "state", "recent", "parts"]
COUNT, AT = PLAIN.index("count"), PLAIN.index("time")
PARTS = 1 + len(SIGNALS)  # the score, and what each signal adds


class OutOfOrder(ValueError):
    """A value that is older than the last one."""


class TooMany(ValueError):
    """More columns than a stream may have."""


class Column(NamedTuple):
    """What is kept of one column: its packed state, its last values, and the parts of its last score."""

    state: list[float]
    recent: list[float]
    parts: list[float]
    pulse: list[float]

    @property
    def known(self) -> State:
        """What is known of the column."""
        state = unpack(self.state)
        state.pulse = pulse.unpack(self.pulse)
        return state


def column_of(state: State, recent: Sequence[float], score: float, parts: Sequence[float]) -> Column:
    """Return what is kept of a column. parts: of its score."""
    return Column(pack(state), [float(value) for value in recent], [score, *parts], pulse.pack(state.pulse))


def columns_of(features: Mapping[str, Any]) -> dict[str, Column]:
    """Return the columns of a stream by name, from its features, where they stand one behind the other.

    Behind all states is the pulse of each. Versions before there was one neither read it nor write it.
    """
    names, states = features.get("columns"), features.get("state")
    if names is None or states is None:
        return {}
    known, first, pulses = {}, 0, states[len(names) * SIZE :]
    for place, name in enumerate(names):
        state = states[place * SIZE : (place + 1) * SIZE]
        last = first + min(int(state[COUNT]), KEPT)
        parts = features["parts"][place * PARTS : (place + 1) * PARTS]
        own = pulses[place * pulse.SIZE : (place + 1) * pulse.SIZE]
        recent = features["recent"][first:last]
        known[str(name)], first = Column(list(state), list(recent), list(parts), list(own)), last
    return known


def features_of(columns: Mapping[str, Column]) -> dict[str, list[Any]]:
    """Return the features of a stream with these columns."""
    filled = [
        column if column.pulse else column._replace(pulse=pulse.pack(pulse.Pulse())) for column in columns.values()
    ]
    state, recent, parts, pulses = (list(chain.from_iterable(each)) for each in zip(*filled, strict=True))
    return {"columns": list(columns), "state": state + pulses, "recent": recent, "parts": parts}


def after(
    features: Mapping[str, Any], time: float, values: Mapping[str, float], threshold: float
) -> dict[str, list[Any]]:
    """Return the features of a stream after one more value of some of its columns. time: seconds after 1970.

    Raises OutOfOrder and TooMany.
    """
    columns = columns_of(features)
    for name, value in ((name, float(value)) for name, value in values.items()):
        before = columns.get(name)
        if before and time < before.state[AT]:
            last = datetime.fromtimestamp(before.state[AT], UTC).isoformat()
            raise OutOfOrder(f"The value is older than the last one of {name!r} in its stream, which is of {last}.")
        state = before.known if before else State()
        score, parts = update(state, time, value)
        state.alerted = 0.0 if score >= threshold else state.alerted + 1
        recent = [*(before.recent if before else []), value][-KEPT:]
        columns[name] = column_of(state, recent, score, parts)
    if len(columns) > MOST:
        raise TooMany(f"A stream has at most {MOST} columns. Make others of some.")
    return features_of(columns)


def ongoing(state: State, parts: Sequence[float], recent: Sequence[float], threshold: float) -> bool:
    """Return whether the event of an alert goes on, while it holds later scores down.

    It does while a frozen value has not changed. Otherwise it does if the last value lies far beyond all others, or is
    nearer to the one that alerted than to the one before that. What is usual does not decide: it follows the event.
    parts: as a Column has them. recent: the last values.
    """
    if state.pulse.over:
        return True
    if state.peak < threshold or not state.age:
        return False
    if parts[1] >= threshold:
        return True
    last, alerted, before = recent[-1], recent[-1 - int(state.age)], recent[-2 - int(state.age)]
    return abs(last - alerted) < abs(last - before)


def seconds(times: pd.Series) -> list[float]:
    """Return instants as seconds after 1970."""
    instants: list[float] = (times.to_numpy().astype("datetime64[ms]").astype(np.int64) / 1e3).tolist()
    return instants


def scores(points: pd.DataFrame, setting: Setting = SETTING) -> dict[str, np.ndarray]:
    """Return the score of each value of each stream, from what came before it, by the stream's name."""
    by_stream = {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        state = State()
        pairs = zip(seconds(rows[TIME]), rows[VALUE].tolist(), strict=True)
        by_stream[str(name)] = np.array([update(state, time, value, setting)[0] for time, value in pairs])
    return by_stream


def lines(points: pd.DataFrame, threshold: float) -> dict[str, pd.DataFrame]:
    """Return a row per value of each stream, by the stream's name.

    It has the columns `score`, `decision`, `unchanged`, `gap` and `noise`, as the answer of the endpoint has them.
    """
    import pandas as pd

    tables = {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        state, values, answers = State(), rows[VALUE].tolist(), []
        for index, time in enumerate(seconds(rows[TIME])):
            score, parts = update(state, time, values[index])
            recent = values[max(index + 1 - KEPT, 0) : index + 1]
            goes_on = score < threshold and ongoing(state, [score, *parts], recent, threshold)
            decision = "alert" if score >= threshold else "ongoing" if goes_on else "normal"
            answers.append((score, decision, state.pulse.run, state.pulse.gap, state.pulse.noise))
        tables[str(name)] = pd.DataFrame(answers, columns=["score", "decision", "unchanged", "gap", "noise"])
    return tables


def last_states(points: pd.DataFrame) -> dict[str, dict[str, list[Any]]]:
    """Return what is kept of each stream after its last value, by its name."""
    return {
        str(name): _kept(seconds(rows[TIME]), rows[VALUE].tolist())
        for name, rows in points.groupby(STREAM, sort=False, observed=True)
    }


def _kept(times: Iterable[float], values: Sequence[float]) -> dict[str, list[Any]]:
    state, score, parts = State(), 0.0, [0.0, 0.0, 0.0]
    for time, value in zip(times, values, strict=True):
        score, parts = update(state, time, value)
    return features_of({VALUE: column_of(state, values[-KEPT:], score, parts)})
