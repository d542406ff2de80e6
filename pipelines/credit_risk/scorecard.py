"""A scorecard, from scratch: weights of evidence, a logistic regression by Newton's method, and points.

Siddiqi, "Credit Risk Scorecards" (2006). tests/test_scorecard.py checks the regression against scikit-learn's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.credit_risk.columns import INPUTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capstan.contract.model import Columns

BINS = 6
RIDGE = 1.0
# 600 points are odds of 50 good loans to a bad one, and 20 points double them.
POINTS, ODDS, DOUBLE = 600, 50, 20


@dataclass
class Bins:
    """The bins of one input and the weight of evidence of each. The last bin is for missing and unknown values."""

    edges: np.ndarray  # of a number; empty for a category
    values: list[str]  # of a category
    weights: np.ndarray

    def codes(self, column: Sequence[Any]) -> np.ndarray:
        """Return the bin of each value, shape (n,)."""
        if self.values:
            known = {value: place for place, value in enumerate(self.values)}
            return np.array([known.get(value, len(self.values)) for value in column])
        numbers = np.asarray(column, dtype=float)
        return np.where(np.isnan(numbers), len(self.edges) + 1, np.searchsorted(self.edges, numbers, side="right"))


def bins(column: pd.Series, bad: np.ndarray) -> Bins:
    """Return the bins of a column: of equally many rows for a number, one per value for a category.

    The weight of evidence is log(P(bin | good) / P(bin | bad)). Half a loan is added to each, against empty bins.
    """
    number = column.dtype.kind == "f"
    edges = np.unique(column.quantile(np.arange(1, BINS) / BINS)) if number else np.array([])
    binning = Bins(edges, [] if number else sorted(column.dropna().unique()), np.array([]))
    size = (len(edges) if number else len(binning.values) - 1) + 2
    codes = binning.codes(column)
    bads, goods = (np.bincount(codes[bad == kind], minlength=size) + 0.5 for kind in (1, 0))
    binning.weights = np.log(goods / goods.sum()) - np.log(bads / bads.sum())
    binning.weights[(bads + goods) < 30] = 0.0  # too few to say anything
    return binning


def newton(matrix: np.ndarray, target: np.ndarray, ridge: float = RIDGE, steps: int = 25) -> np.ndarray:
    """Return intercept and coefficients, shape (k + 1,), of a logistic regression with a penalty on the coefficients.

    Each step solves (X'WX + R) d = X'(y - p) - R b, with W the variances p (1 - p).
    """
    design = np.column_stack([np.ones(len(matrix)), matrix])
    penalty = np.diag([0.0] + [ridge] * matrix.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (target - p) - penalty @ weights
        change = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design + penalty, slope)
        weights += change
        if np.abs(change).max() < 1e-10:
            break
    return weights


class Scorecard:
    """Points per bin, which add up to the log-odds of a bad loan."""

    requirements = ("numpy", "pandas")

    def __init__(self, seed: int = 0):
        self.seed = seed  # nothing is random here; it has the signature of the other score

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Scorecard:
        """Return the scorecard, fitted on the inputs of rows.

        An input whose weight runs against its own evidence is left out: next to the others it says nothing, and no one
        could explain its points.
        """
        self.bins = {name: bins(rows[name], bad) for name in INPUTS}
        evidence, used = self._evidence(rows), np.full(len(INPUTS), True)
        while True:
            weights = newton(evidence[:, used], bad)
            against = weights[1:] > 0
            if not against.any():
                break
            used[np.flatnonzero(used)[against]] = False
        self.weights = np.zeros(len(INPUTS) + 1)
        self.weights[np.r_[True, used]] = weights
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.weights[0] + self._evidence(columns) @ self.weights[1:])

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k)."""
        values = self._evidence(columns) * self.weights[1:]
        return np.full(len(values), self.weights[0]), values

    def card(self) -> pd.DataFrame:
        """Return the card as people print it: the points of each bin of each input."""
        factor = DOUBLE / np.log(2)
        share = (POINTS - factor * np.log(ODDS) - factor * self.weights[0]) / len(INPUTS)
        lines = []
        for name, weight in zip(INPUTS, self.weights[1:], strict=True):
            binned = self.bins[name]
            for label, evidence in zip(labels(binned), binned.weights, strict=True):
                lines.append({"input": name, "value": label, "points": round(share - factor * weight * evidence)})
        return pd.DataFrame(lines)

    def _evidence(self, columns: Columns) -> np.ndarray:
        return np.column_stack([self.bins[name].weights[self.bins[name].codes(columns[name])] for name in INPUTS])


def labels(binned: Bins) -> list[str]:
    """Return the name of each bin."""
    if binned.values:
        return [*binned.values, "missing"]
    edges = [f"{edge:g}" for edge in binned.edges]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} and over", "missing"]
