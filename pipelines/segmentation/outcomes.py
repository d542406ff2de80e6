"""What the next quarter brings, and how much of it a division of the customers explains.

Three questions that a shop asks: does the customer buy, for how much, and how large is an order of those that do?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.metrics import paired
from pipelines.segmentation.columns import OUTCOMES

if TYPE_CHECKING:
    from capstan.contract.model import Columns


def targets(columns: Columns) -> np.ndarray:
    """Return the answers, shape (n, 3): 0 or 1, log(1 + pounds), and log(pounds per invoice), NaN without one."""
    buys, spends, order = (np.asarray(columns[name], dtype=float) for name in OUTCOMES)
    bought = np.where((buys > 0) & (order > 0), order, np.nan)
    return np.column_stack([buys, np.log1p(spends), np.log(bought)])


@dataclass(frozen=True)
class Outlook:
    """The mean answers of each segment, shape (segments, 3), and of everybody, shape (3,), on days to learn from."""

    means: np.ndarray
    everybody: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, answers: np.ndarray, segments: int) -> Outlook:
        """Return the outlook of these customers. A segment without an answer has that of everybody.

        labels: shape (n,). answers: shape (n, 3).
        """
        known = ~np.isnan(answers)
        filled = np.where(known, answers, 0.0)
        everybody = filled.sum(axis=0) / known.sum(axis=0)
        member = np.eye(segments)[labels]
        counts = member.T @ known
        means = np.where(counts > 0, member.T @ filled / np.maximum(counts, 1), everybody)
        return cls(means, everybody)

    def told(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """Return the share of the variance of each answer that the segments explain, by customer, shape (n, 3).

        The mean over the customers is 1 - (squared error of the segment's mean) / (squared error of everybody's).
        """
        return explained(self.means[labels], self.everybody, answers)


def explained(forecast: np.ndarray, everybody: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the share of the variance of each answer that a forecast explains, by customer, shape (n, 3)."""
    known = ~np.isnan(answers)
    wrong = np.where(known, (answers - forecast) ** 2, 0.0)
    naive = np.where(known, (answers - everybody) ** 2, 0.0)
    return np.column_stack([1 - paired.ratio(wrong[:, place], naive[:, place]) for place in range(answers.shape[1])])
