"""How good are the detectors from scratch on 49,097 rows of a space shuttle's sensors?

Each of five seeds draws 4,000 rows to learn from, with the anomalies that are among them and without their labels, and
10,000 others to score.

Source: UCI Statlog (Shuttle), CC BY 4.0, in two classes as the collection ODDS has it: `shuttle.csv.gz` of the package
river 0.26.1 (BSD-3-Clause).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from capstan.inputs import downloads
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.anomaly.autoencoder import Autoencoder
from models.anomaly.half_space_trees import HalfSpaceTrees
from models.anomaly.isolation_forest import IsolationForest
from models.anomaly.local_outlier_factor import LocalOutlierFactor
from models.anomaly.one_class_svm import OneClassSVM
from models.anomaly.robust_covariance import RobustCovariance

FILE = "shuttle.csv.gz"
URL = f"https://raw.githubusercontent.com/online-ml/river/0.26.1/river/datasets/{FILE}"
LEARNED, SCORED = 4_000, 10_000


def load(data_dir: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return nine sensors, shape (n, 9), and whether a row is an anomaly, shape (n,)."""
    rows = pd.read_csv(downloads.find(FILE, data_dir) or downloads.fetch(URL, FILE))
    return rows.drop(columns="anomaly").to_numpy(dtype=float), rows["anomaly"].to_numpy()


class Detector(Protocol):
    """What learns what is usual, and then scores."""

    def fit(self, x: np.ndarray) -> Detector:
        """Learn from rows, shape (n, d)."""

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return how unusual rows are, shape (n,)."""


def simple(past: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
    """Return the mean squared distance from the medians, in widths of the middle half."""
    low, middle, high = np.quantile(past, [0.25, 0.5, 0.75], axis=0)
    return np.asarray((((later - middle) / (high - low + 1)) ** 2).mean(axis=1))


def batch(make: Callable[[int], Detector], past: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
    """Return the scores of a detector that learns first, on columns of mean 0 and standard deviation 1."""
    mean, spread = past.mean(axis=0), past.std(axis=0) + 1e-9
    past, later = (past - mean) / spread, (later - mean) / spread
    return np.asarray(make(seed).fit(past).score(later))


def stream(past: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
    """Return the scores of half-space trees, which count each row after they have scored it."""
    low, high = past.min(axis=0), past.max(axis=0)
    rows = np.clip((np.concatenate([past, later]) - low) / (high - low + 1e-9), 0, 1)
    trees = HalfSpaceTrees(seed=seed).start(past.shape[1])
    return np.array([trees.step(row) for row in rows])[len(past) :]


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "at random": lambda past, later, seed: np.random.default_rng(seed).uniform(size=len(later)),
    "distance from the medians": simple,
    "isolation forest": partial(batch, lambda seed: IsolationForest(seed=seed)),
    "extended isolation forest": partial(batch, lambda seed: IsolationForest(extended=True, seed=seed)),
    "local outlier factor": partial(batch, lambda seed: LocalOutlierFactor()),
    "one-class SVM, random features": partial(batch, lambda seed: OneClassSVM(seed=seed)),
    "robust covariance": partial(batch, lambda seed: RobustCovariance(starts=30, kept=3, seed=seed)),
    "autoencoder": partial(batch, lambda seed: Autoencoder(rounds=30, seed=seed)),
    "half-space trees, a stream": stream,
}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file of the sensors."""
    return {FILE: downloads.find(FILE, data_dir) or downloads.fetch(URL, FILE)}


@cache
def sensors() -> tuple[np.ndarray, np.ndarray]:
    """Return the sensors, and which rows are anomalies."""
    return load(settings().data_dir)


def detected(method: str, seed: int) -> Line:
    """Return how well a detector ranks the rows."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    x, anomaly = sensors()
    order = np.random.default_rng(seed).permutation(len(x))
    past, later = order[:LEARNED], order[LEARNED : LEARNED + SCORED]
    scores = METHODS[method](x[past], x[later], seed)
    line = {"roc_auc": roc_auc_score(anomaly[later], scores)}
    line |= {"average_precision": average_precision_score(anomaly[later], scores)}
    return {name: round(float(figure), 4) for name, figure in line.items()}


COLUMNS: dict[str, Show] = {
    "ROC AUC": lambda rows: spread(rows["roc_auc"]),
    "average precision": lambda rows: spread(rows["average_precision"]),
}

STUDY = Study(
    measures=[Measure(detected, [{"method": name} for name in METHODS])],
    tables=[Table({"Shuttle, five seeds": "method"}, COLUMNS)],
    files=files,
)
