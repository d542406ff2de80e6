"""Scores: what a day, or a window of days, says about a signal. Higher is further from the reference."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from capstan.contract.checks import Checks
from monitoring.checks.daily_counts import ERROR, DailyCounts
from monitoring.checks.distances import default, distance


@dataclass(frozen=True)
class Score:
    """One test of one signal. The arrays have a number for each day or window, NaN where there is none.

    ranked: by which days are compared with each other. effect: the size of the change, in the unit of the threshold.
    """

    name: str
    signal: str
    ranked: np.ndarray
    effect: np.ndarray
    threshold: float


def scores(counted: DailyCounts, against: DailyCounts, checks: Checks) -> Iterator[Score]:
    """Yield every score of the days of a tally against another one, whose lines broadcast: one line, or as many.

    Both have the same signals.
    """
    for name, counts in counted.counts.items():
        if name.startswith(ERROR):
            yield _error(name, counted, against, checks)
        else:
            yield from _signal(name, counts, counted, against, checks)
    if counted.scored is not None and against.scored is not None:
        yield from _binary(counted, against, checks)


def _signal(
    name: str, counts: np.ndarray, counted: DailyCounts, against: DailyCounts, checks: Checks
) -> Iterator[Score]:
    grid, declared, usual = counted.grids[name], checks.of(name), against.counts[name]
    size = distance(grid, declared.method or default(grid), counts, usual)
    yield Score("drift", name, size, size, declared.threshold)
    if grid.kind == "numeric":
        # A mean next to the distance: of days that differ in many ways, it shows best that all moved in one direction.
        mean = _mean(counted, name)
        yield Score("drift upwards", name, mean, size, declared.threshold)
        yield Score("drift downwards", name, -mean, size, declared.threshold)
    else:
        share = (_share(counts[:, :-1]) * (usual[:, :-1] == 0)).sum(axis=1)
        yield Score("new categories", name, share, share, declared.unseen)
    nulls = np.abs(_share(counts)[:, -1] - _share(usual)[:, -1])
    yield Score("nulls", name, nulls, nulls, declared.nulls)


def _error(name: str, counted: DailyCounts, against: DailyCounts, checks: Checks) -> Score:
    """The mean error of a regression, or the share of wrong classes, as a share of the reference's."""
    mean, usual = _mean(counted, name), _mean(against, name)
    worse = (mean - usual) / np.maximum(usual, 1e-12)
    return Score("performance", name, mean, worse, checks.performance)


def _binary(counted: DailyCounts, against: DailyCounts, checks: Checks) -> Iterator[Score]:
    assert counted.outcome and counted.scored is not None and against.scored is not None
    signal = counted.outcome.prediction
    ranking = auc(counted.scored)
    yield Score("performance", signal, -ranking, auc(against.scored) - ranking, checks.performance)
    gap = _gap(counted, signal)
    moved = np.abs(gap - _gap(against, signal))
    yield Score("calibration upwards", signal, gap, moved, checks.calibration)
    yield Score("calibration downwards", signal, -gap, moved, checks.calibration)


def auc(scored: np.ndarray) -> np.ndarray:
    """Return the ROC AUC of counts (..., bins, 2), NaN with one class only. Rows of one bin tie."""
    negative, positive = scored[..., 0].astype(float), scored[..., 1].astype(float)
    below = np.cumsum(negative, axis=-1) - negative / 2
    pairs = negative.sum(axis=-1) * positive.sum(axis=-1)
    return _divide((positive * below).sum(axis=-1), pairs)


def _gap(tally: DailyCounts, prediction: str) -> np.ndarray:
    """Return by how much the mean label is above the mean prediction."""
    assert tally.scored is not None
    total = tally.scored.sum(axis=(1, 2)).astype(float)
    return np.asarray(_divide(tally.scored[..., 1].sum(axis=1), total) - _mean(tally, prediction))


def _mean(tally: DailyCounts, name: str) -> np.ndarray:
    present = tally.counts[name][:, :-1].sum(axis=1).astype(float)
    return _divide(tally.sums[name], present)


def _share(counts: np.ndarray) -> np.ndarray:
    return _divide(counts, counts.sum(axis=1, keepdims=True))


def _divide(numbers: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return NaN where there is nothing to divide by."""
    by = np.broadcast_to(by, numbers.shape)
    return np.asarray(np.divide(numbers, by, out=np.full(numbers.shape, np.nan), where=by > 0))
