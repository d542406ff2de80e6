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
from pipelines.credit_risk.fairness import difference

if TYPE_CHECKING:
    from collections.abc import Callable

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
    codes = {"age": age_bands(columns["age"]), "marital": marital_groups(columns["marital"])}
    policy = Policy()

    def loss(penalty: float) -> float:
        declined = margin >= policy.limit + policy.age[codes["age"]] + policy.marital[codes["marital"]]
        wrong = COST_BAD_GRANTED * (~declined & (bad == 1)) + COST_GOOD_DECLINED * (declined & (bad == 0))
        above = sum(max(0.0, difference(bad, declined, codes[name]) - bound) for name, bound in bounds.items())
        return float(wrong.mean() + penalty * above)

    parts = [(getattr(policy, name), place) for name in bounds for place in range(len(getattr(policy, name)))]
    for penalty in PENALTIES:
        moved = True
        while moved:
            moved = sum(_improve(part, place, loss, penalty) for part, place in parts) > 0
    return policy


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
