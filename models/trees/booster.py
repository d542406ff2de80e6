"""A gradient boosting classifier over named columns, with calibrated probabilities.

Reference: Shapley's definition over all subsets of the inputs, contributions within 1e-9.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Columns, Explanation, Model

if TYPE_CHECKING:
    from lightgbm import Booster

    from models.linear.logistic import Logistic

FEW_ROWS = 64


def encode(columns: Columns, inputs: list[str], categories: Mapping[str, list[str]]) -> np.ndarray:
    """Return columns as a matrix, float64 of shape (n, len(inputs)).

    A category becomes its position in its list. A missing or unknown value becomes NaN.
    """
    coded = [_codes(columns[name], categories[name]) if name in categories else columns[name] for name in inputs]
    if len(coded[0]) < FEW_ROWS:  # one array of all columns: an array of each takes most of the time of one row
        return np.array(coded, dtype=float).T
    matrix = np.empty((len(coded[0]), len(inputs)))
    for position, values in enumerate(coded):
        matrix[:, position] = np.asarray(values, dtype=float)
    return matrix


def _codes(values: Sequence[Any], category: list[str]) -> list[float]:
    known = _positions(tuple(category))
    return [known.get(value, np.nan) for value in values]


@lru_cache
def _positions(category: tuple[str, ...]) -> dict[str, int]:
    return {value: code for code, value in enumerate(category)}


class CalibratedBooster(Model):
    """A LightGBM booster, the codes of its categories, and the line that turns its margin into log-odds.

    Calibration is Platt's: P = 1 / (1 + exp(-(slope * margin + intercept))).
    Platt, "Probabilistic outputs for support vector machines" (1999).
    """

    requirements = ("lightgbm", "numpy")
    steady = True
    baseline: "Logistic | None" = None  # a simpler method, fitted on the same rows: the gate compares both

    def __init__(
        self,
        booster: "Booster",
        inputs: list[str],
        categories: dict[str, list[str]],
        slope: float,
        intercept: float,
    ):
        self.booster = booster
        self.inputs = {name: "string" if name in categories else "double" for name in inputs}
        self.categories = categories
        self.slope = slope
        self.intercept = intercept

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the `probability` of the positive class, shape (n,)."""
        return {"probability": self.probability(columns)}

    def probability(self, columns: Columns) -> np.ndarray:
        """Return the probability of the positive class, shape (n,)."""
        return 1 / (1 + np.exp(-(self.slope * self._booster(columns, raw_score=True) + self.intercept)))

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return the exact SHAP values of the probability, in log-odds.

        Lundberg et al., "Consistent individualized feature attribution for tree ensembles" (2018).
        """
        values = self.slope * self._booster(columns, pred_contrib=True)
        return Explanation("probability", values[:, -1] + self.intercept, values[:, :-1], unit="log-odds")

    def _booster(self, columns: Columns, **options: Any) -> np.ndarray:
        matrix = encode(columns, list(self.inputs), self.categories)
        # For the few rows of a request, threads cost more than they save.
        scores = self.booster.predict(matrix, num_threads=1 if len(matrix) < 1_000 else 0, **options)
        return np.asarray(scores)
