"""What is served: a calibrated score, the policy that turns it into a decision, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from capstan.contract.model import Explanation, Model
from pipelines.credit_risk import counterfactuals
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, PROTECTED

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.linear.logistic import Logistic
    from pipelines.credit_risk.boosting import Boosting
    from pipelines.credit_risk.policy import Policy
    from pipelines.credit_risk.scorecard import Scorecard
    from pipelines.credit_risk.splines import Splines

REASONS = 3
TEXTS = {*CATEGORIES, "marital"}


class CreditModel(Model):
    """A score with Platt's calibration, and a policy. Age and marital status reach the policy alone."""

    inputs = {name: "string" if name in TEXTS else "double" for name in [*INPUTS, *PROTECTED]}

    def __init__(
        self,
        score: Splines | Boosting | Scorecard,
        slope: float,
        intercept: float,
        policy: Policy,
        baseline: Logistic | None = None,
        ranges: dict[str, tuple[float, float]] | None = None,
    ):
        """baseline: the simple method that the gate compares with. ranges: of the numbers that were learned from."""
        self.score, self.slope, self.intercept, self.policy = score, slope, intercept, policy
        self.baseline, self.ranges = baseline, ranges or {}
        self.requirements = score.requirements

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return probability, limit, decision, reasons, what would get a loan granted, and what is unusual in it."""
        margin, limit = self.margin(columns), self.policy.limits(columns)
        declined = margin >= limit
        return {
            "probability": expit(margin),
            "limit": expit(limit),
            "decision": np.where(declined, "decline", "grant"),
            "reasons": self.reasons(columns),
            "changes": counterfactuals.find(self.margin, columns, declined, limit),
            "unusual": self.unusual(columns),
        }

    def unusual(self, columns: Columns) -> list[list[str]]:
        """Return for each loan the numbers that lie beyond every loan that was learned from."""
        beyond: list[list[str]] = [[] for _ in columns["age"]]
        for name, (low, high) in self.ranges.items():
            values = np.array(columns[name], dtype=float)
            for row in np.flatnonzero((values < low) | (values > high)).tolist():
                beyond[row].append(name)
        return beyond

    def reasons(self, columns: Columns) -> list[list[dict[str, Any]]]:
        """Return for each loan the inputs that move its probability most, the strongest first."""
        effects = self.slope * self.score.contributions(columns)[1]
        strongest = np.argsort(-np.abs(effects), axis=1)[:, :REASONS].tolist()
        return [
            [{"field": INPUTS[place], "effect": float(row[place])} for place in places]
            for row, places in zip(effects, strongest, strict=True)
        ]

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the calibrated log-odds of a bad loan, shape (n,)."""
        return self.slope * self.score.margin(columns) + self.intercept

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return what each input adds to the probability, in log-odds. What the score does not see adds nothing."""
        base, values = self.score.contributions(columns)
        unseen = np.zeros((len(values), len(PROTECTED)))
        together = np.hstack([self.slope * values, unseen])
        return Explanation("probability", self.slope * base + self.intercept, together, unit="log-odds")
