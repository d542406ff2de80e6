"""`python -m pipelines.anomaly.compare`: NAB's scores of our detector, its parts, and detectors with known scores.

It writes `compare.json` into the folder that it is given, and prints the tables. Three ways to choose a threshold stand
beside each other: NAB's optimizer on all labels, as published results have it; the best of the streams of nine folds of
ten, for those of the tenth; and for our detector the setting and the threshold together, in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from models.anomaly import knn_cad, windowed_gaussian
from models.anomaly.nab_scoring import PROFILES, best_threshold, scaled, total
from models.metrics import paired
from models.study import Line, Study, markdown, options, spread
from pipelines.anomaly import chosen, report, streams, task, training
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.nab.labels import judged

FOLDER = Path(__file__).parent
HALVES = 6
Scores = Mapping[str, np.ndarray]
SERVED, NOTHING, GAUSSIAN, KNN = "ours, served", "no alert", "windowed Gaussian", "KNN-CAD"
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


def half(points: pd.DataFrame, windows: pd.DataFrame, seed: int) -> Line:
    """Return the metrics of the gate for half of the streams, drawn by lot."""
    names = points[STREAM].unique()
    drawn = np.random.default_rng(seed).choice(names, len(names) // 2, replace=False)
    part = {"points": points[points[STREAM].isin(drawn)], "windows": windows[windows[STREAM].isin(drawn)]}
    return task.evaluate(task.train(part), part).metrics


def spread_of(values: list[np.ndarray]) -> Line:
    """Return the mean over seeds of a score, and of the ends of its 95 % interval over streams."""
    ends = np.array([difference(one, np.zeros(len(one))) for one in values])
    return dict(zip(("others", "low", "high"), (round(float(one), 2) for one in ends.mean(axis=0)), strict=True))


def ranged(rows: pd.DataFrame) -> str:
    """Return the cell of a score with its interval, or a dash where it was not measured."""
    row = rows.iloc[0]
    return "-" if pd.isna(row["others"]) else f"{row['others']:.1f} ({row['low']:.1f} to {row['high']:.1f})"


def cell(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes the cell of a profile."""

    def made(rows: pd.DataFrame) -> str:
        value = rows[name].iloc[0]
        return value if isinstance(value, str) else "-" if pd.isna(value) else f"{value:.1f}"

    return made


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part", sort=False)))
    profiles = {name: cell(name) for name in PROFILES}
    ours = {"threshold of other streams": ranged, **{f"optimizer, {name}": made for name, made in profiles.items()}}
    gate = {name: (lambda rows, name=name: spread(rows[name])) for name in task.THRESHOLDS}
    return "\n\n".join(
        [
            markdown(parts["measured"], {"measured here": "method"}, ours),
            markdown(parts["published"], {"published": "method"}, profiles),
            markdown(parts["half"], {"six random halves": "part"}, gate),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "method"])
    loaded = task.load(settings().data_dir)
    points, windows = loaded["points"], loaded["windows"]
    groups = {str(name): rows[VALUE].to_numpy() for name, rows in points.groupby(STREAM, sort=False, observed=True)}
    signals = chosen.signals(points)

    def ours(of: list[int]) -> Callable[[], Scores]:
        return lambda: {name: chosen.scores(signals[name], SETTING, of) for name in groups}

    methods: dict[str, Callable[[], Scores]] = {
        NOTHING: lambda: {name: np.zeros(len(values)) for name, values in groups.items()},
        GAUSSIAN: lambda: training.gaussian(points),
        **{part: ours(of) for part, of in PARTS.items()},
        SERVED: lambda: streams.scores(points),
        KNN: lambda: {name: knn_cad.scores(values) for name, values in groups.items()},
    }
    for method, make in methods.items():
        if study.has(part="measured", method=method):
            continue
        scores = make()
        others = [of_others(points, windows, scores, seed) for seed in range(given.seeds)]
        study.add({"part": "measured", "method": method} | spread_of(others) | optimized(points, windows, scores))
        if method == GAUSSIAN:
            line = at_threshold(points, windows, scores, windowed_gaussian.PUBLISHED)
            study.add({"part": "measured", "method": f"{GAUSSIAN}, at 1 - 5e-13"} | line)
    study.add(
        {"part": "measured", "method": "ours, setting of other streams too"}
        | spread_of(nested(points, windows, signals, given.seeds))
    )
    for method, values in PUBLISHED.items():
        study.add({"part": "published", "method": method} | dict(zip(PROFILES, values, strict=True)))
    for seed in range(HALVES):
        if not study.has(part="half", method=f"{seed}"):
            study.add({"part": "half", "method": f"{seed}"} | half(points, windows, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
