"""What is served: a calibrated score, and what follows from it for one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from capstan.contract.model import Explanation, Model
from capstan.errors import InvalidRow
from pipelines.churn import costs
from pipelines.churn.columns import CATEGORIES, CUSTOMER, INPUTS, NUMBERS, WHAT_IF

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.linear.logistic import Logistic
    from pipelines.churn.boosting import Boosting
    from pipelines.churn.lives import Stays
    from pipelines.churn.splines import Splines

REASONS = 4


class ChurnModel(Model):
    """A score with Platt's calibration. What is known of a customer comes from the feature store, by the number."""

    inputs = (
        {CUSTOMER: "string"}
        | {name: "string" if name in CATEGORIES else "double" for name in INPUTS}
        | {name: "string" if of in CATEGORIES else "double" for name, of in WHAT_IF.items()}
    )
    steady = True

    def __init__(
        self,
        score: Splines | Boosting,
        slope: float,
        intercept: float,
        stays: Stays,
        baseline: Logistic,
        ranges: dict[str, tuple[float, float]],
    ):
        """stays: how long customers are still there. baseline: the simple method that the gate compares with.

        ranges: of the numbers that were learned from.
        """
        self.score, self.slope, self.intercept = score, slope, intercept
        self.stays, self.baseline, self.ranges = stays, baseline, ranges
        self.requirements = score.requirements

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return probability, decision, profit and value of a call, reasons, and what is unusual in a customer.

        Raises InvalidRow for a number that is no customer's.
        """
        asked = as_asked(columns)
        probability = expit(self.margin(asked))
        stays = self.stays.months(asked, probability)
        value = costs.value(asked["monthly"], stays)
        profit = costs.profit(probability, value)
        return {
            "probability": probability,
            "decision": np.where(profit > 0, "call", "leave alone"),
            "profit": np.round(profit, 2),
            "limit": costs.limit(value),
            "value": np.round(value, 2),
            "stays": [[[float(month), left] for month, left in enumerate(row)] for row in stays.tolist()],
            "reasons": self.reasons(asked),
            "unusual": self.unusual(asked),
        }

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the calibrated log-odds of leaving, shape (n,)."""
        return np.asarray(self.slope * self.score.margin(columns) + self.intercept)

    def reasons(self, columns: Columns) -> list[list[dict[str, Any]]]:
        """Return for each customer the inputs that move the probability most, the strongest first."""
        effects = self.slope * self.score.contributions(columns)[1]
        strongest = np.argsort(-np.abs(effects), axis=1)[:, :REASONS].tolist()
        values = {name: list(columns[name]) for name in INPUTS}
        return [
            [
                {"field": INPUTS[place], "value": _shown(values[INPUTS[place]][row]), "effect": float(line[place])}
                for place in places
            ]
            for row, (line, places) in enumerate(zip(effects, strongest, strict=True))
        ]

    def unusual(self, columns: Columns) -> list[list[str]]:
        """Return for each customer the numbers that lie beyond everyone who was learned from."""
        beyond: list[list[str]] = [[] for _ in columns["tenure"]]
        for name, (low, high) in self.ranges.items():
            values = np.array(columns[name], dtype=float)
            for row in np.flatnonzero((values < low) | (values > high)).tolist():
                beyond[row].append(name)
        return beyond

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return what each input adds to the probability, in log-odds: these are SHAP values.

        What is asked in the place of an input counts as that input.
        """
        asked = as_asked(columns)
        base, values = self.score.contributions(asked)
        others = {name: np.zeros(len(values)) for name in (CUSTOMER, *WHAT_IF)}
        parts = dict(zip(INPUTS, (self.slope * values).T, strict=True)) | others
        together = np.column_stack([parts[name] for name in self.inputs])
        used = {name: asked[name] for name in WHAT_IF.values()}
        return Explanation("probability", self.slope * base + self.intercept, together, "log-odds", used)


def as_asked(columns: Columns) -> dict[str, Any]:
    """Return the inputs, with what a request states in their place. Raises InvalidRow for an unknown customer."""
    for row, (customer, monthly) in enumerate(zip(columns[CUSTOMER], columns["monthly"], strict=True)):
        if monthly is None or np.isnan(monthly):
            raise InvalidRow(f"There is no customer {customer}. Send the number of one.", row, CUSTOMER)
    inputs = {name: list(columns[name]) for name in INPUTS}
    for name, of in WHAT_IF.items():
        # A DataFrame of customers, as evaluation has it, asks nothing.
        if name in columns:
            inputs[of] = [
                own if _missing(value) else value for own, value in zip(inputs[of], columns[name], strict=True)
            ]
    return inputs | {name: np.array(inputs[name], dtype=float) for name in NUMBERS}


def _missing(value: Any) -> bool:
    return value is None or value != value


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"
