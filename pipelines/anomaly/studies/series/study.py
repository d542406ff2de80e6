"""How good are the detectors of series from scratch on NAB?

Each knows at a value what came before it, and the mean and the deviation of the first 15 %, at most 750 values, which
NAB does not count. Scores that a higher one of the last values holds down are 0, as our detector has it. None has a
setting that was chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.anomaly import charts, matrix_profile, seasonal
from models.anomaly.change_points import ChangePoints
from models.anomaly.nab_scoring import PROFILES, probation
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.detector import SETTING, State
from pipelines.anomaly.studies.compare import study as compare

DAY = pd.Timedelta(days=1)
LENGTH = 32  # of the stretches of the matrix profile
BLOCK, BEFORE, LATELY = 400, 100, 3  # values of a block of change points, before it, and since a change that is new


def of_season(z: np.ndarray, period: int, learned: int) -> np.ndarray:
    """Return the distance from what was usual at the time of day in the first values, in deviations of these."""
    if learned < 2 * period:
        return np.asarray(np.abs(z))
    rest = z - np.resize(seasonal.decompose(z[:learned], period).season, len(z))
    return np.asarray(np.abs(rest) / (rest[:learned].std() + 1e-9))


def of_changes(z: np.ndarray) -> np.ndarray:
    """Return the probability that a stretch has begun within the last values. Those of a block know only what is in it
    and `BEFORE` it, for they take memory by the square."""
    probability = np.zeros(len(z))
    for start in range(0, len(z), BLOCK):
        first = max(0, start - BEFORE)
        chances = ChangePoints().run_lengths(z[first : start + BLOCK])
        probability[start : start + BLOCK] = chances[start - first :, : LATELY + 1].sum(axis=1)
    return probability


def of_stretches(z: np.ndarray) -> np.ndarray:
    """Return how far the stretch that ends at each value is from the nearest one before it."""
    distances = matrix_profile.profile(z, LENGTH, left=True)
    return np.concatenate([np.zeros(LENGTH - 1), np.where(np.isfinite(distances), distances, 0.0)])


METHODS: dict[str, Callable[[np.ndarray, int, int], np.ndarray]] = {
    "distance from the mean": lambda z, period, learned: np.abs(z),
    "CUSUM": lambda z, period, learned: charts.cusum(z),
    "EWMA": lambda z, period, learned: charts.ewma(z),
    "seasonal decomposition": of_season,
    "change points": lambda z, period, learned: of_changes(z),
    "matrix profile, of the past": lambda z, period, learned: of_stretches(z),
}


def scores(rows: pd.DataFrame, method: Callable[[np.ndarray, int, int], np.ndarray]) -> np.ndarray:
    """Return the scores of one stream, shape (n,)."""
    values = rows[VALUE].to_numpy(dtype=float)
    learned = probation(len(values))
    z = (values - values[:learned].mean()) / (values[:learned].std() + 1e-9)
    period = max(2, round(DAY / rows[TIME].diff().median()))
    state = State()
    return np.array([state.held(score, SETTING.hold) for score in method(z, period, learned).tolist()])


def detected(method: str) -> Line:
    """Return the scores of NAB of a detector."""
    points, windows = compare.loaded()
    groups = points.groupby(STREAM, sort=False, observed=True)
    by_stream = {str(stream): scores(rows, METHODS[method]) for stream, rows in groups}
    others = [compare.of_others(points, windows, by_stream, seed) for seed in range(compare.SEEDS)]
    return compare.spread_of(others) | compare.optimized(points, windows, by_stream)


COLUMNS: dict[str, Show] = {
    "threshold of other streams": compare.ranged,
    **{f"optimizer, {name}": compare.cell(name) for name in PROFILES},
}

STUDY = Study(
    measures=[Measure(detected, [{"method": name} for name in METHODS])],
    tables=[Table({"series of NAB": "method"}, COLUMNS)],
    seeds=0,
)
