"""What lies outside the messages that the score learned from, in the columns of the score.

A second line parts the messages of the file from those of today that the project's authors wrote: outlier exposure,
Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure" (2019). Its limits are quantiles of
the file's own messages, ham and spam apart, from folds that the line has not seen: Vovk et al., "Mondrian confidence
machine" (2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from models.linear.linear_svm import LinearSVM
from pipelines.spam.scores import STRENGTH, TOLERANCE

if TYPE_CHECKING:
    import pandas as pd

FLAGGED = 0.03  # of the file's ham and of its spam, which lie outside as well: chosen on the known half of today


class Guard(NamedTuple):
    """A line through the columns of the score, and its limits for messages called ham and called spam."""

    weights: np.ndarray
    intercept: float
    limits: Sequence[float]

    def margin(self, rows: csr_array) -> np.ndarray:
        """Return how little messages are like those of the file, shape (n,). rows: the matrix of the score."""
        return np.asarray(rows @ self.weights + self.intercept)

    def outside(self, rows: csr_array, aside: np.ndarray) -> np.ndarray:
        """Return whether each message lies outside, booleans, shape (n,). aside: whether the score calls it spam."""
        return self.margin(rows) > np.take(self.limits, aside.astype(int))


def known() -> pd.DataFrame:
    """Return the messages of today that are learned from: `kind`, `text` and `spam`."""
    from data_sets import messages_of_today

    rows = messages_of_today.messages()
    return rows[rows["known"]].reset_index(drop=True)


def fit(
    rows: csr_array, others: csr_array, spam: np.ndarray, parts: Sequence[tuple[np.ndarray, np.ndarray]], seed: int
) -> Guard:
    """Return the guard. rows, others: the score's matrices of the file and of today. parts: folds of the file."""
    margin = np.empty(len(spam))
    for past, held in parts:
        margin[held] = line(rows[past], others, seed).margin(rows[held])
    limits = [float(np.quantile(margin[spam == kind], 1 - FLAGGED)) for kind in (0, 1)]
    return line(rows, others, seed)._replace(limits=limits)


def line(rows: csr_array, others: csr_array, seed: int) -> Guard:
    """Return a guard without limits. Both kinds weigh the same."""
    outside = np.repeat([0, 1], [rows.shape[0], others.shape[0]])
    importance = len(outside) / 2 / np.bincount(outside)[outside]
    both = csr_array(vstack([rows, others], format="csr"))
    machine = LinearSVM(STRENGTH, tolerance=TOLERANCE, seed=seed).fit(both, outside, importance)
    return Guard(machine.weights, machine.intercept, (np.inf, np.inf))
