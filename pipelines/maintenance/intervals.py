"""From a prediction to an interval that holds what it promises for engines, and to the probability of failing soon.

Both come from the engines that were predicted alike by a model that had not seen them. The cycles of an engine look
alike, so a correction over cycles would be too sure: the sampled unit is the engine. Romano, Patterson and Candes,
"Conformalized quantile regression" (2019), with one score per engine.
"""

from __future__ import annotations

import numpy as np

from pipelines.maintenance.columns import CAP

COVER = 0.9
BANDWIDTH = 4.0  # cycles: predictions that are so near say something of each other's engines
GRID = np.arange(CAP + 1)


class Nearby:
    """For each predicted number of cycles, the distribution of what was left, by a normal kernel.

    share: row p, column t: the share of engines predicted to have p that had t cycles left at most, (CAP + 1, CAP + 1).
    """

    def fit(self, predicted: np.ndarray, left: np.ndarray) -> Nearby:
        """Return the table. predicted: by a model without the engine. left: not capped. Both of one shape."""
        distance = (GRID[:, None] - predicted.ravel()[None]) / BANDWIDTH
        weight = np.exp(-0.5 * distance**2) + 1e-9
        counted = np.array([np.bincount(np.minimum(left.ravel(), CAP + 1).astype(int), own, CAP + 2) for own in weight])
        self.share = np.cumsum(counted, axis=1)[:, : CAP + 1] / weight.sum(axis=1, keepdims=True)
        return self

    def failing(self, predicted: np.ndarray, within: np.ndarray) -> np.ndarray:
        """Return probabilities of failing within so many cycles, up to CAP, shape (n, len(within)); predicted: (n,)."""
        low = np.minimum(predicted.astype(int), CAP - 1)
        part = (predicted - low)[:, None]
        return np.asarray((1 - part) * self.share[low][:, within] + part * self.share[low + 1][:, within])

    def quantiles(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of the interval of the capped cycles left, before its correction, shapes (n,)."""
        share = self.failing(predicted, GRID)
        share[:, CAP] = 1  # CAP is CAP or more
        low, high = ((share >= level).argmax(axis=1) for level in ((1 - COVER) / 2, (1 + COVER) / 2))
        return low.astype(float), high.astype(float)


def correction(low: np.ndarray, high: np.ndarray, left: np.ndarray) -> float:
    """Return by how many cycles both ends move out, or in where it is negative.

    low, high, left: shape (engines, draws): quantiles that were fitted without the engine, and what was left, at random
    cycles. Each draw has one score per engine, which are exchangeable with that of a new one; the mean of the draws'
    corrections does not depend on the lot.
    """
    scores = np.maximum(low - left, left - high)
    level = min(1.0, np.ceil((len(scores) + 1) * COVER) / len(scores))
    return float(np.quantile(scores, level, axis=0, method="higher").mean())
