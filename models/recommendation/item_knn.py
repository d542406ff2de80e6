"""Item-based nearest neighbours, from scratch. `implicit`'s cosine recommender is the reference.

Reference: implicit.nearest_neighbours.CosineRecommender, weights within 1e-5.
"""

from __future__ import annotations

import numpy as np

from models.recommendation.histories import Histories, Items
from models.recommendation.item_to_item import ItemToItem, often_rated, together


class ItemKnn(ItemToItem):
    """Weights are the cosines between items, by who has rated them, of the nearest `neighbours` of each item.

    shrink: is added to the norms, so that items that few have rated do not seem near by accident.
    Source: Sarwar et al., Item-based collaborative filtering recommendation algorithms, 2001.
    """

    def __init__(self, neighbours: int = 200, shrink: float = 10.0):
        self.neighbours, self.shrink = neighbours, shrink

    def fit(self, past: Histories, items: Items, seed: int = 0) -> ItemKnn:
        """Compare each item with each other."""
        seen = past.matrix()
        self.kept = often_rated(seen)
        both = together(seen[:, self.kept])
        norms = np.sqrt(both.diagonal())
        cosine = both / (np.outer(norms, norms) + self.shrink)
        np.fill_diagonal(cosine, 0)
        if self.neighbours < len(cosine):
            least = -np.partition(-cosine, self.neighbours - 1, axis=0)[self.neighbours - 1]
            cosine[cosine < least] = 0
        self.weights = cosine.astype(np.float32)
        return self
