"""Settings and thresholds, chosen on the streams of other folds, and what they earn where they were not chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from models.anomaly.nab_scoring import Judged, steps
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.detector import Setting, State, frozen, weighed
from pipelines.anomaly.streams import seconds
from pipelines.anomaly.training import folds

if TYPE_CHECKING:
    import pandas as pd

GRID = np.round(np.arange(0.02, 4.0, 0.01), 2)  # thresholds


def settings() -> list[Setting]:
    """Return the settings that are tried."""
    return [
        Setting(unsettled, jumpy, hold)
        for unsettled in (0.15, 0.3, 0.6)
        for jumpy in (0.05, 0.1, 0.2)
        for hold in (40, 80, 160)
    ]


def named(setting: Setting) -> str:
    """Return a setting as a text."""
    return ", ".join(f"{name} {value:g}" for name, value in asdict(setting).items() if name != "learning")


def signals(points: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the signals of each value of each stream, shape (n, 4), which no setting changes: three, and `frozen`."""
    plain, made = Setting(unsettled=1, jumpy=1), {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        state = State()
        pairs = zip(seconds(rows[TIME]), rows[VALUE].tolist(), strict=True)
        made[str(name)] = np.array([[*weighed(state.step(time, value), plain), frozen(state)] for time, value in pairs])
    return made


def scores(signals: np.ndarray, setting: Setting, of: Sequence[int] = (0, 1, 2, 3)) -> np.ndarray:
    """Return the scores of one stream, as `detector.update` makes them, shape (n,). of: the signals that count."""
    weights = np.array([1, setting.unsettled, setting.jumpy, 0])
    sums = (signals[:, of] * weights[list(of)]).sum(axis=1).tolist()
    state, made = State(), np.zeros(len(sums))
    for place in range(setting.learning, len(sums)):
        made[place] = max(state.held(sums[place], setting.hold), 0.0)
    if 3 in of:
        made[setting.learning :] = np.maximum(made, signals[:, 3])[setting.learning :]
    return made


def totals(labels: Mapping[str, Judged], scores: Mapping[str, np.ndarray], grid: np.ndarray = GRID) -> np.ndarray:
    """Return what each stream earns at each threshold, shape (streams, thresholds), in the order of `labels`."""
    made = np.empty((len(labels), len(grid)))
    for row, (name, judged) in enumerate(labels.items()):
        at, changes = steps(judged, scores[name])
        order = np.argsort(-at, kind="stable")
        earned = np.concatenate([[0.0], np.cumsum(changes[order])]) - judged.missed * judged.windows
        made[row] = earned[np.searchsorted(-at[order], -grid, side="right")]
    return made


def out_of_fold(tables: np.ndarray, names: list[str], seed: int) -> np.ndarray:
    """Return what each stream earns with the setting and the threshold that are best for the other folds.

    tables: shape (settings, streams, thresholds). Returns shape (streams,).
    """
    fold = folds(names, seed)
    held, made = np.array([fold[name] for name in names]), np.empty(len(names))
    for number in np.unique(held):
        others = tables[:, held != number].sum(axis=1)
        setting, threshold = np.unravel_index(int(others.argmax()), others.shape)
        made[held == number] = tables[setting, held == number, threshold]
    return made
