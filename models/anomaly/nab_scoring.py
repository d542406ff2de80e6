"""The scoring of the Numenta Anomaly Benchmark: early alerts in a labelled window earn, alerts outside of it cost.

Source: Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark" (2015), and
the rules of its version 1.1. An alert is a score of at least the threshold. The first 15% of a series, at most 750
points, do not count. Of each window the first alert alone counts:

    sigma(y) = 2 / (1 + exp(5 y)) - 1        y: -1 at the start of a window, 0 at its end, above 0 behind it

It earns sigma(y) / sigma(-1), and a window without an alert costs `missed`. An alert outside costs `false * |sigma(y)|`
with y from the last window before it, and all of `false` where none is near. The total is put on a scale on which no
alert at all has 0, and an alert at the start of each window has 100.

Reference: the scores that NAB publishes for its windowed Gaussian in three profiles, 0.051 points; all thresholds
tried, for the best one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PROBATION, LONGEST = 0.15, 5_000


@dataclass(frozen=True)
class Profile:
    """What a false alert and a missed window cost, where an early alert in a window earns 1."""

    false: float
    missed: float


PROFILES = {"standard": Profile(0.11, 1), "few false alerts": Profile(0.22, 1), "few misses": Profile(0.11, 2)}
STANDARD = PROFILES["standard"]


def probation(length: int) -> int:
    """Return how many of the first points of a series do not count."""
    return int(min(np.floor(PROBATION * length), PROBATION * LONGEST))


def sigma(place: np.ndarray) -> np.ndarray:
    """Return what an alert is worth by its place relative to a window, from 1 to -1; far behind it, -1."""
    return np.where(place >= 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(place, 3))) - 1)


@dataclass(frozen=True)
class Judged:
    """What an alert at each point of a series earns or costs, and the window it lies in: -1 for none."""

    worth: np.ndarray
    window: np.ndarray
    windows: int
    counts: np.ndarray  # whether the point counts
    missed: float


def judge(length: int, windows: Sequence[tuple[int, int]], profile: Profile = STANDARD) -> Judged:
    """Return what alerts are worth. windows: the first and the last point of each, in order."""
    points = np.arange(length)
    worth, window = np.full(length, -profile.false), np.full(length, -1)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        inside, behind = (points >= first) & (points <= last), points > last
        worth[inside] = sigma(-(last - points[inside] + 1) / width) / sigma(np.array(-1.0))
        worth[behind] = profile.false * sigma((points[behind] - last) / max(width - 1, 1))
        window[inside] = number
    return Judged(worth, window, len(windows), points >= probation(length), profile.missed)


def steps(judged: Judged, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (scores, changes): by how much the total of a series changes when the threshold falls to each score.

    The changes at equal scores belong together. A window's first change starts from the cost of missing it.
    """
    points = [(scores[part], judged.worth[part]) for part in [judged.counts & (judged.window < 0)]]
    for number in range(judged.windows):
        part = np.flatnonzero(judged.counts & (judged.window == number))
        part = part[np.argsort(-scores[part], kind="stable")]
        best = np.maximum.accumulate(np.concatenate([[-judged.missed], judged.worth[part]]))
        points.append((scores[part], np.diff(best)))
    return np.concatenate([point[0] for point in points]), np.concatenate([point[1] for point in points])


def earned(judged: Judged, scores: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return what a series earns at each threshold of a grid, shape (thresholds,)."""
    levels, changes = steps(judged, scores)
    order = np.argsort(-levels, kind="stable")
    totals = np.concatenate([[0.0], np.cumsum(changes[order])]) - judged.missed * judged.windows
    return np.asarray(totals[np.searchsorted(-levels[order], -grid, side="right")])


def best_threshold(series: Iterable[tuple[Judged, np.ndarray]]) -> tuple[float, float]:
    """Return the one threshold that is best for all these series together, and its total, as NAB's optimizer does."""
    series = list(series)
    pairs = [steps(judged, scores) for judged, scores in series]
    scores, changes = (np.concatenate(part) for part in zip(*pairs, strict=True))
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    totals = np.cumsum(changes[order])
    last = np.append(scores[1:] != scores[:-1], True)  # of equal scores, all are above the threshold or none
    nothing = -sum(judged.missed * judged.windows for judged, _ in series)
    place = int(np.argmax(totals[last]))
    if totals[last][place] <= 0:
        return float("inf"), nothing
    return float(scores[last][place]), float(totals[last][place] + nothing)


def total(judged: Judged, alerts: np.ndarray) -> float:
    """Return what the alerts of a series earn in total. alerts: booleans, a value per point."""
    counted = alerts & judged.counts
    earned = float(judged.worth[counted & (judged.window < 0)].sum())
    for number in range(judged.windows):
        inside = judged.worth[counted & (judged.window == number)]
        earned += float(inside.max()) if len(inside) else -judged.missed
    return earned


def scaled(earned: float, windows: int, profile: Profile = STANDARD) -> float:
    """Return a total on NAB's scale: 0 for no alert at all, 100 for an alert at the start of each window."""
    nothing = -profile.missed * windows
    return 100 * (earned - nothing) / (windows - nothing)
