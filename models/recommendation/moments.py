"""Parts of histories, for the two towers to learn from: some items, and some others of the same person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.recommendation.histories import Histories

NEXT = 10  # items that are to be predicted
BEFORE = 60  # items that they are predicted from, at most


@dataclass
class Sample:
    """Parts of histories: items, their weights, where each part starts, and others of the same people."""

    items: np.ndarray
    weights: np.ndarray
    starts: np.ndarray
    after: np.ndarray  # shape (n, NEXT), -1 where there are no more


def moments(past: Histories, place: np.ndarray, count: int, rng: np.random.Generator) -> Sample:
    """Return `count` parts of each history that is long enough. place: item -> row of the embeddings, -1 for none."""
    items, weights, starts, after = [], [], [0], []
    for rated in past.items:
        known = place[rated]
        known = known[known >= 0]
        if len(known) < 4:
            continue
        for moment in rng.integers(2, len(known), count):
            known = rng.permutation(known)  # of people who rated all in one sitting, the order is that of the site
            before = known[max(0, moment - BEFORE) : moment]
            items.append(before)
            weights.append(np.full(len(before), 1 / len(before)))
            starts.append(starts[-1] + len(before))
            after.append(
                np.pad(known[moment : moment + NEXT], (0, max(0, NEXT - len(known) + moment)), constant_values=-1)
            )
    return Sample(np.concatenate(items), np.concatenate(weights), np.array(starts[:-1]), np.array(after))
