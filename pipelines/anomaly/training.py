"""The threshold: that of NAB's optimizer on the labels, and for each stream the one found without its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.anomaly import windowed_gaussian
from models.anomaly.nab_scoring import Judged, best_threshold
from pipelines.anomaly import streams
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.labels import judged
from pipelines.anomaly.model import AnomalyModel

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 10


def folds(names: list[str], seed: int, count: int = FOLDS) -> dict[str, int]:
    """Return the fold of each stream, at random."""
    places = np.random.default_rng(seed).permutation(len(names)) % count
    return dict(zip(sorted(names), places.tolist(), strict=True))


def thresholds(
    labels: Mapping[str, Judged], scores: Mapping[str, np.ndarray], seed: int, count: int = FOLDS
) -> dict[str, float]:
    """Return for each stream the threshold that is best for the streams of the other folds; "" has that of all."""
    fold = folds(list(labels), seed, count)
    made = {"": best_threshold([(labels[name], scores[name]) for name in labels])[0]}
    for held in range(count):
        others = [(labels[name], scores[name]) for name in labels if fold[name] != held]
        without = best_threshold(others)[0]
        made |= {name: without for name in labels if fold[name] == held}
    return made


def gaussian(points: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the scores of the windowed Gaussian, by the stream's name."""
    groups = points.groupby(STREAM, sort=False, observed=True)
    return {str(name): windowed_gaussian.scores(rows[VALUE].to_numpy()) for name, rows in groups}


def fit(points: pd.DataFrame, windows: pd.DataFrame, seed: int) -> AnomalyModel:
    """Return the model of labelled streams. Raises CapstanError for fewer streams than folds."""
    labels = judged(points, windows)
    if len(labels) < FOLDS:
        raise CapstanError(f"A threshold needs at least {FOLDS} streams; there are {len(labels)}.")
    own, simple = (thresholds(labels, scores, seed) for scores in (streams.scores(points), gaussian(points)))
    return AnomalyModel(own.pop(""), own, simple)
