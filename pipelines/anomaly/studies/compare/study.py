"""What does NAB score our detector, its parts, and detectors with known scores?

Three ways to choose a threshold are compared: NAB's optimizer on all labels, as published results have it; the best of
the streams of nine folds of ten, for those of the tenth; and for our detector all constants and the threshold together,
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
from models.anomaly import knn_cad, records, windowed_gaussian
from models.anomaly.nab_scoring import PROFILES, best_threshold, scaled, total
from models.metrics import paired
from pipelines.anomaly import report, streams, task
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.labels import judged
from pipelines.anomaly.studies.compare.sensors import frozen, noisy
from pipelines.anomaly.studies.tune import chosen

SEEDS, HALVES = 5, 6  # of folds whose mean is taken, and of the halves
SOON = 50  # values
Scores = Mapping[str, np.ndarray]
SERVED, NOTHING, GAUSSIAN, KNN, RECORDS = "ours, served", "no alert", "windowed Gaussian", "KNN-CAD", "records"
FURTHER = "how far beyond all earlier values"
FIXED, NESTED = f"{GAUSSIAN}, at 1 - 5e-13", "ours, constants of other streams too"
FAMILIES = "ours, constants of other kinds of streams"
WITHOUT = "ours, without `frozen`"
# Of the table of results in NAB's README: standard profile, few false alerts, few misses.
PUBLISHED = {
    "ARTime, published": ("74.9", "65.1", "80.4"),
    "Numenta HTM, published": ("69.7 to 70.5", "61.7 to 62.6", "74.2 to 75.2"),
    "CAD OSE, published": ("69.9", "67.0", "73.2"),
    "earthgecko Skyline, published": ("58.2", "46.2", "63.9"),
    "random cut forest, published": ("51.7", "38.4", "59.7"),
}
PARTS = {"`beyond` alone": [0], "`unsettled` alone": [1], "`jumpy` alone": [2], "without `jumpy`": [0, 1, 3]}
PARTS |= {WITHOUT: [0, 1, 2]}


def further(values: np.ndarray) -> np.ndarray:
    """Return how far each value lies beyond all earlier ones, in units of their range."""
    highest, lowest = np.maximum.accumulate(values)[:-1], np.minimum.accumulate(values)[:-1]
    outside = np.maximum(np.maximum(values[1:] - highest, lowest - values[1:]), 0)
    return np.concatenate([[0.0], outside / (highest - lowest + 1e-9)])


RIVALS = {KNN: knn_cad.scores, FURTHER: further, RECORDS: records.scores}
RIVALS |= {
    GAUSSIAN: windowed_gaussian.scores,
    FIXED: windowed_gaussian.scores,
    NOTHING: lambda values: np.zeros(len(values)),
}


def optimized(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores) -> Line:
    """Return the score of each profile with the one threshold that is best on all labels."""
    line: Line = {}
    for name, profile in PROFILES.items():
        labels = judged(points, windows, profile)
        _, earned = best_threshold([(labels[stream], scores[stream]) for stream in labels])
        line[name] = round(scaled(earned, sum(label.windows for label in labels.values()), profile), 2)
    return line


def at_threshold(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores, threshold: float) -> Line:
    """Return the score of each profile with a given threshold."""
    line: Line = {}
    for name, profile in PROFILES.items():
        labels = judged(points, windows, profile)
        earned = sum(total(labels[stream], scores[stream] >= threshold) for stream in labels)
        line[name] = round(scaled(earned, sum(label.windows for label in labels.values()), profile), 2)
    return line


def of_others(points: pd.DataFrame, windows: pd.DataFrame, scores: Scores, seed: int) -> np.ndarray:
    """Return a value per stream, whose mean is the score with the thresholds of the other folds' streams."""
    labels = judged(points, windows)
    own = chosen.thresholds(labels, scores, seed)
    alerts = {name: scores[name] >= own[name] for name in labels}
    return report.by_stream(labels, alerts, PROFILES["standard"])


@cache
def tried() -> np.ndarray:
    """Return what each stream earns with each setting at each threshold, shape (settings, streams, thresholds)."""
    points, windows = loaded()
    labels = judged(points, windows)
    return np.stack([chosen.totals(labels, streams.scores(points, setting)) for setting in chosen.settings()])


def nested(families: bool = False) -> list[np.ndarray]:
    """Return for each seed a value per stream: all constants and the threshold are those of the other folds' streams.

    families: the folds are the kinds of streams, and the seed changes nothing.
    """
    labels = judged(*loaded())
    names = list(labels)
    count = np.array([label.windows for label in labels.values()], dtype=float)
    folds = [chosen.by_family(names)] if families else [chosen.at_random(names, seed) for seed in range(SEEDS)]
    return [paired.ratio(100 * (chosen.out_of_fold(tried(), fold) + count), 2 * count) for fold in folds]


def half(seed: int) -> Line:
    """Return the metrics of the gate for half of the streams, drawn at random, with the threshold of the others."""
    points, windows = loaded()
    names = points[STREAM].unique()
    drawn = np.random.default_rng(seed).choice(names, len(names) // 2, replace=False)
    tables = {"points": points, "windows": windows}
    past, test = (
        {name: rows[rows[STREAM].isin(drawn) == learned] for name, rows in tables.items()} for learned in (True, False)
    )
    return dict(task.evaluate(task.train(past), test).metrics)


def ahead(method: str) -> Line:
    """Return by how much ours, with the constants of other streams, is ahead of a method: mean and interval."""
    points, windows = loaded()
    scores = scores_of(method)
    pairs = [(own, of_others(points, windows, scores, seed)) for seed, own in enumerate(nested())]
    return spread_of([own - rival for own, rival in pairs])


def sensors(method: str) -> Line:
    """Return in how many of the sensors that freeze in the middle a method alerts soon, with its best threshold."""
    points, windows = loaded()
    labels = judged(points, windows)
    scores = scores_of(method)
    threshold, _ = best_threshold([(labels[name], scores[name]) for name in labels])
    streams_of = [rows for _, rows in points.groupby(STREAM, sort=False) if noisy(rows)]
    stuck = pd.concat([frozen(rows) for rows in streams_of])
    found = 0
    for rows, values in zip(streams_of, scores_of(method, stuck).values(), strict=True):
        middle = len(rows) // 2
        found += bool((values[middle : middle + SOON] >= threshold).any())
    alerts = sum(
        int((scores[name] >= threshold)[label.counts & (label.window < 0)].sum()) for name, label in labels.items()
    )
    return {"sensors": len(streams_of), "found": found, "false": alerts}


def spread_of(values: list[np.ndarray]) -> Line:
    """Return the mean over seeds of a score, and of the ends of its 95 % interval over streams."""
    ends = np.array([difference(score, np.zeros(len(score))) for score in values])
    return dict(zip(("others", "low", "high"), (round(float(end), 2) for end in ends.mean(axis=0)), strict=True))


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
    tables = task.load(settings().data_dir)
    return tables["points"], tables["windows"]


def scores_of(method: str, points: pd.DataFrame | None = None) -> Scores:
    """Return the scores of each stream by a method. points: other ones than all."""
    points = loaded()[0] if points is None else points
    if method in PARTS:
        return {
            name: chosen.scores(signals, SETTING, PARTS[method]) for name, signals in chosen.signals(points).items()
        }
    if method == SERVED:
        return streams.scores(points)
    groups = points.groupby(STREAM, sort=False, observed=True)
    return {str(name): RIVALS[method](rows[VALUE].to_numpy()) for name, rows in groups}


def measured(method: str) -> Line:
    """Return the scores of a method."""
    if method in PUBLISHED:
        return dict(zip(PROFILES, PUBLISHED[method], strict=True))
    if method in (NESTED, FAMILIES):
        return spread_of(nested(families=method == FAMILIES))
    points, windows = loaded()
    scores = scores_of(method)
    if method == FIXED:
        return at_threshold(points, windows, scores, windowed_gaussian.PUBLISHED)
    others = [of_others(points, windows, scores, seed) for seed in range(SEEDS)]
    return spread_of(others) | optimized(points, windows, scores)


def seen(name: str) -> Show:
    """Return what shows a metric of the gate."""
    return lambda rows: spread(rows[name])


SENSORS: dict[str, Show] = {
    "found": lambda rows: f"{rows['found'].iloc[0]:.0f} of {rows['sensors'].iloc[0]:.0f}",
    "false alerts in the 58 streams as they are": lambda rows: f"{rows['false'].iloc[0]:.0f}",
}
OURS: dict[str, Show] = {"threshold of other streams": ranged} | {f"optimizer, {name}": cell(name) for name in PROFILES}
METHODS = [*[*PUBLISHED][:3], NESTED, FAMILIES, SERVED, [*PUBLISHED][3], KNN, FURTHER, RECORDS, [*PUBLISHED][4]]
METHODS += [GAUSSIAN, FIXED, NOTHING, *PARTS]

STUDY = Study(
    measures=[
        Measure(measured, [{"method": name} for name in METHODS], seeds=0),
        Measure(ahead, [{"method": name} for name in (KNN, FURTHER, RECORDS, GAUSSIAN)], seeds=0),
        Measure(sensors, [{"method": name} for name in (GAUSSIAN, FURTHER, WITHOUT, SERVED)], seeds=0),
        Measure(half, seeds=HALVES),
    ],
    tables=[
        Table({"detector": "method"}, OURS, "measured"),
        Table({"ours, constants of other streams too, is ahead of": "method"}, {"by": ranged}, "ahead"),
        Table({f"sensors that freeze, found within {SOON} values": "method"}, SENSORS, "sensors"),
        Table({"six random halves": "part"}, {name: seen(name) for name in task.THRESHOLDS}, "half"),
    ],
)
