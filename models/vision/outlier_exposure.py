"""A guard against what a network has not learned: a small network over features of known things and of made-up ones.

Hendrycks et al., "Deep Anomaly Detection with Outlier Exposure" (2018). The limit is set later, by the scores of known
things that were held out.
Reference: sklearn.neural_network.MLPClassifier, 1e-9.
"""

from __future__ import annotations

import numpy as np

HIDDEN = 64


class Guard:
    """Scores of features: the higher, the less they are those of a known thing."""

    def __init__(self, scale: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]], limit: float = np.inf):
        """scale: of each feature. layers: weights and biases. limit: the highest score of a known thing."""
        self.scale, self.layers, self.limit = scale, layers, limit

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Return a score per row, shape (n,)."""
        flowing = features / self.scale
        for weights, biases in self.layers[:-1]:
            flowing = np.maximum(flowing @ weights + biases, 0)
        weights, biases = self.layers[-1]
        scores: np.ndarray = (flowing @ weights + biases)[:, 0]
        return scores


def fit(known: np.ndarray, others: np.ndarray, seed: int) -> Guard:
    """Return a guard without a limit. known, others: features, a row each."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    features = np.concatenate([known, others])
    scale = features.std(axis=0) + 1e-6
    kind = np.repeat([0, 1], [len(known), len(others)])
    learner = MLPClassifier((HIDDEN,), max_iter=15, early_stopping=True, n_iter_no_change=4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it stops in time
        learner.fit(features / scale, kind)
    return Guard(scale, list(zip(learner.coefs_, learner.intercepts_, strict=True)))
