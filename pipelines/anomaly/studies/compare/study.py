"""What does NAB score our detector, its parts, and detectors with known scores?

Three ways to choose a threshold are compared: NAB's optimizer on all labels, as published results have it; the best of
the streams of nine folds of ten, for those of the tenth; and for our detector the setting and the threshold together,
in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.anomaly import knn_cad, windowed_gaussian
from models.anomaly.nab_scoring import PROFILES, best_threshold, scaled, total
from models.metrics import paired
from pipelines.anomaly import report, streams, task, training
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.labels import judged
from pipelines.anomaly.studies.tune import chosen

SEEDS, HALVES = 5, 6  # of folds whose mean is taken, and of the halves
Scores = Mapping[str, np.ndarray]
SERVED, NOTHING, GAUSSIAN, KNN = "ours, served", "no alert", "windowed Gaussian", "KNN-CAD"
FIXED, NESTED = f"{GAUSSIAN}, at 1 - 5e-13", "ours, setting of other streams too"
# Of the table of results in NAB's README: standard profile, few false alerts, few misses.
PUBLISHED = {
    "Numenta HTM": ("69.7 to 70.5", "61.7 to 62.6", "74.2 to 75.2"),
    "CAD OSE": ("69.9", "67.0", "73.2"),
    KNN: ("58.0", "43.4", "64.8"),
    "random cut forest": ("51.7", "38.4", "59.7"),
    GAUSSIAN: ("39.6", "20.9", "47.4"),
    NOTHING: ("0.0", "0.0", "0.0"),
}
PARTS = {"`beyond` alone": [0], "`unsettled` alone": [1], "`jumpy` alone": [2], "without `jumpy`": [0, 1]}


def optimized(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores) -> Line:
    """Return the score of each profile with the one threshold that is best on all labels."""
    line: Line = {}
    for name, profile in PROFILES.items():
        labels = judged(points, windows, profile)
        _, earned = best_threshold([(labels[stream], scores[stream]) for stream in labels])
        line[name] = round(scaled(earned, sum(one.windows for one in labels.values()), profile), 2)
    return line


def at_threshold(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores, threshold: float) -> Line:
    """Return the score of each profile with a given threshold."""
    line: Line = {}
    for name, profile in PROFILES.items():
        labels = judged(points, windows, profile)
        earned = sum(total(labels[stream], scores[stream] >= threshold) for stream in labels)
        line[name] = round(scaled(earned, sum(one.windows for one in labels.values()), profile), 2)
    return line


def of_others(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores, seed: int) -> np.ndarray:
    """Return a value per stream, whose mean is the score with the thresholds of the other folds' streams."""
    labels = judged(points, windows)
    own = training.thresholds(labels, scores, seed)
    alerts = {name: scores[name] >= own[name] for name in labels}
    return report.by_stream(labels, alerts, PROFILES["standard"])


def nested(points: pd.DataFrame, windows: pd.DataFrame, signals: Scores, seeds: int) -> list[np.ndarray]:
    """Return for each seed a value per stream: setting and threshold are those of the other folds' streams."""
    labels = judged(points, windows)
    tables = np.stack(
        [
            chosen.totals(labels, {name: chosen.scores(signals[name], setting) for name in labels})
            for setting in chosen.settings()
        ]
    )
    count = np.array([one.windows for one in labels.values()], dtype=float)
    made = (chosen.out_of_fold(tables, list(labels), seed) for seed in range(seeds))
    return [paired.ratio(100 * (earned + count), 2 * count) for earned in made]


def half(seed: int) -> Line:
    """Return the metrics of the gate for half of the streams, drawn at random."""
    points, windows = loaded()
    names = points[STREAM].unique()
    drawn = np.random.default_rng(seed).choice(names, len(names) // 2, replace=False)
    part = {"points": points[points[STREAM].isin(drawn)], "windows": windows[windows[STREAM].isin(drawn)]}
    return dict(task.evaluate(task.train(part), part).metrics)


def spread_of(values: list[np.ndarray]) -> Line:
    """Return the mean over seeds of a score, and of the ends of its 95 % interval over streams."""
    ends = np.array([difference(one, np.zeros(len(one))) for one in values])
    return dict(zip(("others", "low", "high"), (round(float(one), 2) for one in ends.mean(axis=0)), strict=True))


def ranged(rows: pd.DataFrame) -> str:
    """Return the cell of a score with its interval, or a dash where it was not measured."""
    row = rows.iloc[0]
    return "-" if pd.isna(row["others"]) else f"{row['others']:.1f} ({row['low']:.1f} to {row['high']:.1f})"


def cell(name: str) -> Show:
    """Return what makes the cell of a profile."""

    def made(rows: pd.DataFrame) -> str:
        value = rows[name].iloc[0]
        return value if isinstance(value, str) else "-" if pd.isna(value) else f"{value:.1f}"

    return made


@cache
def loaded() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points and the windows."""
    made = task.load(settings().data_dir)
    return made["points"], made["windows"]


@cache
def signals() -> dict[str, np.ndarray]:
    """Return the signals of each stream."""
    return chosen.signals(loaded()[0])


def scores_of(method: str) -> Scores:
    """Return the scores of each stream by a method."""
    points, _ = loaded()
    groups = {str(name): rows[VALUE].to_numpy() for name, rows in points.groupby(STREAM, sort=False, observed=True)}
    if method in PARTS:
        return {name: chosen.scores(signals()[name], SETTING, PARTS[method]) for name in groups}
    if method == NOTHING:
        return {name: np.zeros(len(values)) for name, values in groups.items()}
    if method == KNN:
        return {name: knn_cad.scores(values) for name, values in groups.items()}
    return streams.scores(points) if method == SERVED else training.gaussian(points)


def measured(method: str) -> Line:
    """Return the scores of a method."""
    points, windows = loaded()
    if method == NESTED:
        return spread_of(nested(points, windows, signals(), SEEDS))
    scores = scores_of(method)
    if method == FIXED:
        return at_threshold(points, windows, scores, windowed_gaussian.PUBLISHED)
    others = [of_others(points, windows, scores, seed) for seed in range(SEEDS)]
    return spread_of(others) | optimized(points, windows, scores)


def published(method: str) -> Line:
    """Return the scores that NAB's README has of a detector."""
    return dict(zip(PROFILES, PUBLISHED[method], strict=True))


def seen(name: str) -> Show:
    """Return what shows a metric of the gate."""
    return lambda rows: spread(rows[name])


OURS: dict[str, Show] = {"threshold of other streams": ranged} | {f"optimizer, {name}": cell(name) for name in PROFILES}
METHODS = [NOTHING, GAUSSIAN, FIXED, *PARTS, SERVED, KNN, NESTED]

STUDY = Study(
    measures=[
        Measure(measured, [{"method": name} for name in METHODS], seeds=0),
        Measure(published, [{"method": name} for name in PUBLISHED], seeds=0),
        Measure(half, seeds=HALVES),
    ],
    tables=[
        Table({"measured here": "method"}, OURS, "measured"),
        Table({"published": "method"}, {name: cell(name) for name in PROFILES}, "published"),
        Table({"six random halves": "part"}, {name: seen(name) for name in task.THRESHOLDS}, "half"),
    ],
)
