"""A gradient boosting classifier over named columns, with calibrated probabilities."""

from collections.abc import Mapping, Sequence

import numpy as np
from mlflow.pyfunc import PythonModel


def encode(columns: Mapping[str, Sequence], inputs: list[str], categories: Mapping[str, list[str]]) -> np.ndarray:
    """Return columns as a matrix, float64 of shape (n, len(inputs)).

    A category becomes its position in its list; what is missing, or in no list, becomes NaN.
    """
    matrix = np.empty((len(columns[inputs[0]]), len(inputs)))
    for position, name in enumerate(inputs):
        values = columns[name]
        if name in categories:
            codes = {value: code for code, value in enumerate(categories[name])}
            values = [codes.get(value, np.nan) for value in values]
        matrix[:, position] = np.asarray(values, dtype=float)
    return matrix


class CalibratedBooster(PythonModel):
    """A LightGBM booster, how its categories are coded, and the line that turns its margin into a log-odds.

    Calibration is Platt's: P = 1 / (1 + exp(-(slope * margin + intercept))).
    Platt, "Probabilistic outputs for support vector machines" (1999).
    """

    def __init__(self, booster, inputs: list[str], categories: dict[str, list[str]], slope: float, intercept: float):
        self.booster = booster
        self.inputs = inputs
        self.categories = categories
        self.slope = slope
        self.intercept = intercept

    def predict_columns(self, columns: Mapping[str, Sequence]) -> np.ndarray:
        """Return the probability of the positive class a row, shape (n,)."""
        return 1 / (1 + np.exp(-(self.slope * self._booster(columns, raw_score=True) + self.intercept)))

    def explain_columns(self, columns: Mapping[str, Sequence]) -> tuple[np.ndarray, np.ndarray]:
        """Return what each input adds to the log-odds: base, shape (n,), and contributions, shape (n, len(inputs)).

        They are exact SHAP values: the probability is 1 / (1 + exp(-(base + sum of contributions))).
        Lundberg et al., "Consistent individualized feature attribution for tree ensembles" (2018).
        """
        values = self.slope * self._booster(columns, pred_contrib=True)
        return values[:, -1] + self.intercept, values[:, :-1]

    def _booster(self, columns: Mapping[str, Sequence], **options) -> np.ndarray:
        matrix = encode(columns, self.inputs, self.categories)
        # Threads cost more than they bring on the few rows of a request.
        return self.booster.predict(matrix, num_threads=1 if len(matrix) < 1_000 else 0, **options)

    def predict(self, context, model_input, params=None) -> np.ndarray:
        """Return the same for a pandas frame: the interface of MLflow."""
        return self.predict_columns({name: model_input[name].to_list() for name in self.inputs})
