"""The threshold: the one at which labelled streams score best, as a median over samples of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.anomaly.nab_scoring import earned, scaled
from pipelines.anomaly import streams
from pipelines.anomaly.labels import judged
from pipelines.anomaly.model import AnomalyModel

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 10  # streams
GRID = np.geomspace(0.02, 12, 500)  # thresholds
SAMPLES = 1_001
LEAST = 30  # of the score: by luck, a threshold of damaged data may be right


def fit(points: pd.DataFrame, windows: pd.DataFrame, seed: int) -> AnomalyModel:
    """Return the model of labelled streams. Raises CapstanError for few streams, or labels that do not fit them."""
    labels = judged(points, windows)
    if len(labels) < FEWEST:
        raise CapstanError(f"A threshold needs at least {FEWEST} streams; there are {len(labels)}.")
    scores = streams.scores(points)
    totals = np.stack([earned(labels[name], scores[name], GRID) for name in labels])
    best = scaled(float(totals.sum(axis=0).max()), sum(label.windows for label in labels.values()))
    if best < LEAST:
        raise CapstanError(
            f"The best threshold of these streams scores {best:.0f}, less than {LEAST}. Check that the values and the "
            "windows are of the same streams and times."
        )
    return AnomalyModel(threshold(totals, seed))


def threshold(totals: np.ndarray, seed: int) -> float:
    """Return the median of the thresholds that are best for as many streams, drawn with replacement.

    The best one for all may depend on a single stream. totals: of each stream at each threshold of GRID.
    """
    share = np.full(len(totals), 1 / len(totals))
    drawn = np.random.default_rng(seed).multinomial(len(totals), share, SAMPLES)
    return float(np.median(GRID[(drawn @ totals).argmax(axis=1)]))
