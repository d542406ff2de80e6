"""What is served: a price, an interval, reasons, and what was assumed of what the owner left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Explanation, Model
from pipelines.house_price import gaps, reasons
from pipelines.house_price.coding import PLACE
from pipelines.house_price.columns import INPUTS, NUMBERS, ORDINALS, TEXTS
from pipelines.house_price.derived import derive

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.intervals.conformal import Conformal
    from pipelines.house_price.scale import Scale
    from pipelines.house_price.stack import Stack

REASONS = 6


class HouseModel(Model):
    """A stack with conformal intervals. What is left out is filled in from houses that are alike."""

    inputs = {name: "string" if name in TEXTS else "double" for name in INPUTS}
    requirements = ("lightgbm", "numpy", "scikit-learn")

    def __init__(
        self,
        stack: Stack,
        scale: Scale,
        conformal: Conformal,
        border: float,
        references: np.ndarray,
        ranges: dict[str, tuple[float, float]],
        baseline: Stack,
    ):
        """border: of the most expensive tenth, a logarithm. references: houses that reasons compare with.

        ranges: of the numbers that were learned from. baseline: the simple method that the gate compares with.
        """
        self.stack, self.scale, self.conformal, self.border = stack, scale, conformal, border
        self.references, self.ranges, self.baseline = references, ranges, baseline

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return price, interval, reasons, what was assumed, and what is unusual."""
        codes = self.stack.coder.codes(columns)
        filled = self.stack.coder.fill(codes)
        price, low, high = self.priced(codes, filled)
        effects = [reasons.shapley(self.price, row, self.references) for row in filled]
        strongest = [np.argsort(-np.abs(each), kind="stable")[:REASONS].tolist() for each in effects]
        return {
            "price": price,
            "low": low,
            "high": high,
            "reasons": [
                [
                    {"field": INPUTS[place], "effect": float(each[place]), "assumed": bool(np.isnan(row[place]))}
                    for place in places
                ]
                for row, each, places in zip(codes, effects, strongest, strict=True)
            ],
            "assumed": [self.assumed(row, complete) for row, complete in zip(codes, filled, strict=True)],
            "unusual": self.unusual(columns),
        }

    def prices(self, columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the prices and both ends of their intervals, in dollars, shapes (n,)."""
        codes = self.stack.coder.codes(columns)
        return self.priced(codes, self.stack.coder.fill(codes))

    def priced(self, codes: np.ndarray, filled: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the same for codes, shape (n, k), and what they are without gaps."""
        log_price, scale = self.stack.predict(filled), self.scale.predict(derive(filled))
        low, high = self.conformal.interval(log_price, scale, gaps.cell(gaps.group(codes), log_price, self.border))
        return np.exp(log_price), np.exp(np.minimum(low, log_price)), np.exp(np.maximum(high, log_price))

    def price(self, filled: np.ndarray) -> np.ndarray:
        """Return the price of houses without gaps, in dollars, shape (n,)."""
        return np.asarray(np.exp(self.stack.predict(filled)))

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return what each input adds to the mean price of eight houses of reference, in dollars."""
        filled = self.stack.coder.fill(self.stack.coder.codes(columns))
        effects = np.array([reasons.shapley(self.price, row, self.references) for row in filled])
        return Explanation("price", np.full(len(filled), self.price(self.references).mean()), effects)

    def assumed(self, codes: np.ndarray, filled: np.ndarray) -> list[str]:
        """Return what was filled in for a house, as texts."""
        assumptions = []
        for place in np.flatnonzero(np.isnan(codes)).tolist():
            name, value = INPUTS[place], filled[place]
            texts = list(ORDINALS[name][1].values()) if name in ORDINALS else self.stack.coder.levels.get(name)
            shown = texts[int(value)] if texts else f"{value:g}"
            assumptions.append(f"{name} {shown}")
        return assumptions

    def unusual(self, columns: Columns) -> list[list[str]]:
        """Return for each house the numbers that lie beyond every house that was learned from."""
        beyond: list[list[str]] = [[] for _ in columns["living_area"]]
        codes = self.stack.coder.codes(columns)
        for name in NUMBERS:
            values, (low, high) = codes[:, PLACE[name]], self.ranges[name]
            for row in np.flatnonzero((values < low) | (values > high)).tolist():
                beyond[row].append(name)
        return beyond
