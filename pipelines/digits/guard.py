"""Is it a digit at all? A small network over what the last layer sees, which has learned from made-up things.

Outlier exposure: Hendrycks et al. (2018), https://arxiv.org/abs/1812.04606. The limit is the score that a stated share
of held-out digits exceeds, some of them on simulated pages; no other thing has a part in it.
"""

from __future__ import annotations

import numpy as np

from pipelines.digits import others

REFUSED = 0.01  # the share of digits that are refused
DIGITS, EACH = 8_000, 1_000  # digits and things of each kind to learn from, at most
HIDDEN = 64


class Guard:
    """Scores of features: the higher, the less they are those of a digit."""

    def __init__(self, scale: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]], limit: float = np.inf):
        """scale: of each feature. layers: weights and biases. limit: the highest score of a digit."""
        self.scale, self.layers, self.limit = scale, layers, limit

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Return a score per row, shape (n,)."""
        flowing = features / self.scale
        for weights, biases in self.layers[:-1]:
            flowing = np.maximum(flowing @ weights + biases, 0)
        weights, biases = self.layers[-1]
        scores: np.ndarray = (flowing @ weights + biases)[:, 0]
        return scores


def fit(digits: np.ndarray, other: np.ndarray, seed: int) -> Guard:
    """Return a guard without a limit. digits, other: features, a row each."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    features = np.concatenate([digits, other])
    scale = features.std(axis=0) + 1e-6
    kind = np.repeat([0, 1], [len(digits), len(other)])
    learner = MLPClassifier((HIDDEN,), max_iter=15, early_stopping=True, n_iter_no_change=4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it stops in time
        learner.fit(features / scale, kind)
    return Guard(scale, list(zip(learner.coefs_, learner.intercepts_, strict=True)))


def negatives(images: np.ndarray, seed: int) -> np.ndarray:
    """Return things that are no digits, at most `EACH` of a kind, shape (n, 1, 28, 28). images: (m, 1, 28, 28)."""
    random = np.random.default_rng(seed)
    count = min(EACH, max(1, len(images) // 12))
    drawn = [np.stack([draw(random) for _ in range(count)])[:, None] for draw in others.CHOSEN_ON.values()]
    parts = others.of_digits(images[random.permutation(len(images))[: 2 * count]])
    return np.concatenate([*drawn, *parts]).astype(np.float32)
