"""Transitions: which film comes soon after which, a Markov chain over the order in which people rate."""

from __future__ import annotations

import numpy as np

from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.histories import Histories
from pipelines.recommender.item_to_item import ItemToItem, often_rated


class Transitions(ItemToItem):
    """Weights are how often film j comes up to `reach` ratings after film i, nearer ones counting more.

    shrink: is added to the number of ratings of film i.
    """

    def __init__(self, reach: int = 10, shrink: float = 10.0):
        self.reach, self.shrink = reach, shrink

    def fit(self, past: Histories, catalogue: Catalogue, seed: int = 0) -> Transitions:
        """Count the pairs of each distance."""
        seen = past.matrix()
        self.kept = often_rated(seen)
        place = np.full(past.m, -1)
        place[self.kept] = np.arange(len(self.kept))
        pairs = np.zeros((len(self.kept), len(self.kept)), dtype=np.float32)
        for films in past.films:
            known = place[films]
            for lag in range(1, self.reach + 1):
                before, after = known[:-lag], known[lag:]
                both = (before >= 0) & (after >= 0)
                np.add.at(pairs, (before[both], after[both]), 1 / lag)
        often = seen[:, self.kept].getnnz(axis=0)
        self.weights = (pairs / (often[:, None] + self.shrink)).astype(np.float32)
        return self
