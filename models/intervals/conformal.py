"""Conformal intervals from errors out of fold, scaled by how large an error is expected, by groups.

Source: Lei et al., "Distribution-Free Predictive Inference for Regression" (2018), section 5.2 (scaled errors); Vovk,
"Cross-conformal predictors" (2015) (errors out of fold); Vovk et al., "Mondrian confidence machine" (2003) (groups).
"""

from __future__ import annotations

import numpy as np

LEVEL = 0.90


def quantile(scores: np.ndarray, level: float) -> float:
    """Return the k-th smallest of n scores, k = ceil((n + 1) * level): a new score is at most that with `level`.

    It is infinite where n is too small for the level.
    """
    rank = int(np.ceil((len(scores) + 1) * level))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else float("inf")


class Conformal:
    """For each group the lower and the upper multiple of the scale that an error keeps to."""

    def __init__(self, level: float = LEVEL):
        self.level = level

    def fit(self, errors: np.ndarray, scale: np.ndarray, group: np.ndarray) -> Conformal:
        """Return the multiples. errors: target less prediction, scale: above 0, group: of each row, all of shape (n,).

        Half of what is left out lies on each side.
        """
        side, scores = (1 + self.level) / 2, errors / scale
        self.multiples = {
            int(label): (-quantile(-scores[group == label], side), quantile(scores[group == label], side))
            for label in np.unique(group)
        }
        return self

    def interval(self, predicted: np.ndarray, scale: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and the upper ends for predictions of shape (n,)."""
        low, high = np.array([self.multiples[int(label)] for label in group]).reshape(-1, 2).T
        return predicted + scale * low, predicted + scale * high
