"""The decision policy: one threshold for all, or thresholds by group that bring the decline rates together.

Post-processing, as in Hardt et al. (2016), but no decision is random, and the cost is the stated one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipelines.credit_risk.columns import AGE_BANDS, MARITAL_GROUPS
from pipelines.credit_risk.costs import COST_BAD_GRANTED, COST_GOOD_DECLINED, THRESHOLD_LOG_ODDS
from pipelines.credit_risk.data import age_bands, marital_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from capstan.contract.model import Columns

# The differences to reach where the policy is fitted. On new loans they are larger. See the study `tune`.
BOUNDS = {"age": 0.06, "marital": 0.06}
STEPS = np.round(np.arange(-0.5, 0.51, 0.05), 2)  # log-odds
PENALTIES = (1.0, 2.0, 4.0, 4.0)


@dataclass
class Policy:
    """Decline when the log-odds of a bad loan reach a limit, which has a part by age and one by marital status."""

    limit: float = THRESHOLD_LOG_ODDS
    age: np.ndarray = field(default_factory=lambda: np.zeros(len(AGE_BANDS)))
    marital: np.ndarray = field(default_factory=lambda: np.zeros(len(MARITAL_GROUPS)))

    def limits(self, columns: Columns) -> np.ndarray:
        """Return the limit of each row in log-odds, shape (n,)."""
        if not (self.age.any() or self.marital.any()):
            return np.full(len(columns["age"]), self.limit)
        by_group = self.age[age_bands(columns["age"])] + self.marital[marital_groups(columns["marital"])]
        return np.asarray(self.limit + by_group)


def fit(margin: np.ndarray, bad: np.ndarray, columns: Columns, bounds: dict[str, float] = BOUNDS) -> Policy:
    """Return the policy of the least cost whose differences keep the bounds, by coordinate descent on a penalty.

    margin: calibrated log-odds of loans that their model has not seen, shape (n,). bad: 0 or 1.
    """
    policy, loans = Policy(), Cells(margin, bad, age_bands(columns["age"]), marital_groups(columns["marital"]))

    def loss(penalty: float) -> float:
        declined = loans.declined(policy.limit + policy.age[:, None] + policy.marital)
        granted = loans.count - declined
        wrong = COST_BAD_GRANTED * granted[..., 1].sum() + COST_GOOD_DECLINED * declined[..., 0].sum()
        above = sum(max(0.0, loans.difference(declined, name) - bound) for name, bound in bounds.items())
        return float(wrong / loans.count.sum() + penalty * above)

    parts = [(getattr(policy, name), place) for name in bounds for place in range(len(getattr(policy, name)))]
    for penalty in PENALTIES:
        moved = True
        while moved:
            moved = sum(_improve(part, place, loss, penalty) for part, place in parts) > 0
    return policy


def mean(policies: Sequence[Policy]) -> Policy:
    """Return the policy between several: each was fitted on other folds of the same loans, and moves with them."""
    return Policy(
        *(np.mean([getattr(policy, part) for policy in policies], axis=0) for part in ("limit", "age", "marital"))
    )


class Cells:
    """Loans by age band, marital status and whether they were repaid, so that a limit is tried without each of them."""

    def __init__(self, margin: np.ndarray, bad: np.ndarray, age: np.ndarray, marital: np.ndarray):
        shape = len(AGE_BANDS), len(MARITAL_GROUPS), 2
        cell = np.ravel_multi_index((age, marital, bad.astype(int)), shape)
        self.sorted = [np.sort(margin[cell == number]) for number in range(np.prod(shape))]
        self.count = np.array([len(part) for part in self.sorted]).reshape(shape)

    def declined(self, limits: np.ndarray) -> np.ndarray:
        """Return how many loans of each cell are declined, shape (ages, maritals, 2). limits: (ages, maritals)."""
        each = np.repeat(limits.ravel(), 2)
        below = [np.searchsorted(part, limit) for part, limit in zip(self.sorted, each, strict=True)]
        return self.count - np.reshape(below, self.count.shape)

    def difference(self, declined: np.ndarray, name: str) -> float:
        """Return the equalized-odds difference of an attribute, as `fairness.difference` does of loans."""
        axis = 1 if name == "age" else 0
        return float(np.ptp(declined.sum(axis) / np.maximum(self.count.sum(axis), 1), axis=0).max())


def _improve(part: np.ndarray, place: int, loss: Callable[[float], float], penalty: float) -> bool:
    """Move one number to where the loss is least; return whether it moved."""
    start, losses = part[place], []
    for step in STEPS:
        part[place] = start + step
        losses.append(loss(penalty))
    best = int(np.argmin(losses))
    still = losses[len(STEPS) // 2]
    part[place] = start + (STEPS[best] if losses[best] < still - 1e-9 else 0.0)
    return losses[best] < still - 1e-9
