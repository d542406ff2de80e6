"""KNN-CAD: how far the last 19 values lie from their 27 nearest stretches, as a rank among the distances before it.

Source: Burnaev and Ishimtsev, "Conformalized density- and distance-based anomaly detection in time-series data"
(2016), arXiv 1608.04585, as in NAB 1.1, which publishes 58.0 for it. The distance is that of Mahalanobis by the
uncentred second moments of the training stretches. After a rank of 0.9965 or more, the scores of a fifth of the first
part are 0.5.

Reference: all pairs of stretches by hand, the score of the first value that has one, 1e-6.
"""

from __future__ import annotations

import contextlib

import numpy as np

from models.anomaly.nab_scoring import probation

NEIGHBOURS, LENGTH, RARE = 27, 19, 0.9965


def scores(values: np.ndarray, first: int | None = None) -> np.ndarray:
    """Return the score of each value, shape (n,), 0 for the first part, which is learned from. values: shape (n,).

    first: the length of that part; by default what NAB does not count. NAB knows it from the length of the series.
    """
    first = probation(len(values)) if first is None else first
    stretches = np.lib.stride_tricks.sliding_window_view(values, LENGTH)
    # Record r, counted from 1, ends the stretch r - LENGTH. `known` are those to compare with, the oldest first.
    known, waiting = list(range(first - LENGTH)), list[int]()
    metric, silent, ranks = np.eye(LENGTH), 0, np.zeros(len(values))
    ranked: np.ndarray | None = None

    def distance(stretch: np.ndarray, itself: int = 0) -> float:
        apart = stretches[known] - stretch
        every = np.einsum("ij,ij->i", apart @ metric, apart)
        return float(np.partition(every, NEIGHBOURS + itself)[: NEIGHBOURS + itself].sum())

    for record in range(first, len(values) + 1):
        if record % first in (0, first // 2):
            with contextlib.suppress(np.linalg.LinAlgError):  # a flat part has no inverse: the metric stays
                metric = np.linalg.inv(stretches[known].T @ stretches[known])
        if ranked is None:
            ranked = np.array([distance(stretches[place], 1) for place in known])
        new = distance(stretches[record - LENGTH])
        rank = float((ranked < new).mean())
        if record >= 2 * first:
            known = [*known[1:], waiting.pop(0)]
        waiting.append(record - LENGTH)
        ranked = np.append(ranked[1:], new)
        ranks[record - 1] = 0.5 if silent else rank
        silent = silent - 1 if silent else first // 5 if rank >= RARE else 0
    return ranks
