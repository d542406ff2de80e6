"""What is served: a calibrated score, the policy that turns it into a decision, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from capstan.model import Explanation, Model
from pipelines.credit_risk import counterfactuals
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, PROTECTED

if TYPE_CHECKING:
    from capstan.model import Columns
    from pipelines.credit_risk.boosting import Boosting
    from pipelines.credit_risk.policy import Policy
    from pipelines.credit_risk.scorecard import Scorecard

TEXTS = {*CATEGORIES, "marital"}


class CreditModel(Model):
    """A score with Platt's calibration, and a policy. Age and marital status reach the policy alone."""

    inputs = {name: "string" if name in TEXTS else "double" for name in [*INPUTS, *PROTECTED]}

    def __init__(self, score: Boosting | Scorecard, slope: float, intercept: float, policy: Policy):
        self.score, self.slope, self.intercept, self.policy = score, slope, intercept, policy
        self.requirements = score.requirements

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return probability, limit and decision of each loan, and what would get a declined one granted."""
        margin, limit = self.margin(columns), self.policy.limits(columns)
        declined = margin >= limit
        return {
            "probability": expit(margin),
            "limit": expit(limit),
            "decision": np.where(declined, "decline", "grant"),
            "changes": counterfactuals.find(self, columns, declined, limit),
        }

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the calibrated log-odds of a bad loan, shape (n,)."""
        return self.slope * self.score.margin(columns) + self.intercept

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return what each input adds to the probability, in log-odds. What the score does not see adds nothing."""
        base, values = self.score.contributions(columns)
        unseen = np.zeros((len(values), len(PROTECTED)))
        together = np.hstack([self.slope * values, unseen])
        return Explanation("probability", self.slope * base + self.intercept, together, unit="log-odds")
