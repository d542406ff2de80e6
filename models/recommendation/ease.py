"""EASE, from scratch: the linear model that predicts each item from all others. Ridge regressions are the reference.

Reference: sklearn.linear_model.Ridge, a regression for each item, weights within 1e-5.
"""

from __future__ import annotations

import numpy as np

from models.recommendation.histories import Histories, Items
from models.recommendation.item_to_item import ItemToItem, often_rated, together


class Ease(ItemToItem):
    """Weights B minimize |X - XB|^2 + ridge |B|^2 with a diagonal of zeros, in closed form.

    With P = (X'X + ridge I)^-1, B_ij = -P_ij / P_jj. Source: Steck, Embarrassingly shallow autoencoders, 2019.
    """

    def __init__(self, ridge: float = 400.0):
        self.ridge = ridge

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Ease:
        """Invert one matrix of items by items."""
        seen = past.matrix()
        self.kept = often_rated(seen)
        gram = together(seen[:, self.kept]).astype(float)
        gram[np.diag_indices(len(gram))] += self.ridge
        inverse = np.linalg.inv(gram)
        weights = inverse / -inverse.diagonal()
        np.fill_diagonal(weights, 0)
        self.weights = weights.astype(np.float32)
        return self
