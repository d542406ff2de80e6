"""`python -m pipelines.anomaly.shuttle`: the detectors from scratch on 49,097 rows of a space shuttle's sensors.

It writes `shuttle.json` into the folder that it is given. Each of five seeds draws 4,000 rows to learn from, with the
anomalies that are among them and without their labels, and 10,000 others to score.

Source: UCI Statlog (Shuttle), CC BY 4.0, in two classes as the collection ODDS has it: `shuttle.csv.gz` of the package
river 0.26.1 (BSD-3-Clause).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from capstan.inputs import downloads
from capstan.settings import settings
from models.anomaly.autoencoder import Autoencoder
from models.anomaly.half_space_trees import HalfSpaceTrees
from models.anomaly.isolation_forest import IsolationForest
from models.anomaly.local_outlier_factor import LocalOutlierFactor
from models.anomaly.one_class_svm import OneClassSVM
from models.anomaly.robust_covariance import RobustCovariance
from models.study import Study, markdown, options, spread

FOLDER = Path(__file__).parent
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
    "by lot": lambda past, later, seed: np.random.default_rng(seed).uniform(size=len(later)),
    "distance from the medians": simple,
    "isolation forest": partial(batch, lambda seed: IsolationForest(seed=seed)),
    "extended isolation forest": partial(batch, lambda seed: IsolationForest(extended=True, seed=seed)),
    "local outlier factor": partial(batch, lambda seed: LocalOutlierFactor()),
    "one-class SVM, random features": partial(batch, lambda seed: OneClassSVM(seed=seed)),
    "robust covariance": partial(batch, lambda seed: RobustCovariance(starts=30, kept=3, seed=seed)),
    "autoencoder": partial(batch, lambda seed: Autoencoder(rounds=30, seed=seed)),
    "half-space trees, a stream": stream,
}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the studies."""
    cells = {
        title: (lambda rows, name=name: spread(rows[name]))
        for title, name in {"ROC AUC": "roc_auc", "average precision": "average_precision"}.items()
    }
    return markdown(results, {"Shuttle, five seeds": "method"}, cells)


def main() -> None:
    """Measure, write and print."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "shuttle.json", ["method", "seed"])
    x, anomaly = load(settings().data_dir)
    for method, scores in METHODS.items():
        for seed in range(given.seeds):
            order = np.random.default_rng(seed).permutation(len(x))
            past, later = order[:LEARNED], order[LEARNED : LEARNED + SCORED]
            made = scores(x[past], x[later], seed)
            line = {"roc_auc": roc_auc_score(anomaly[later], made)}
            line |= {"average_precision": average_precision_score(anomaly[later], made)}
            study.add({"method": method, "seed": seed} | {name: round(float(one), 4) for name, one in line.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
