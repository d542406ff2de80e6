"""A score of named columns: a LightGBM classifier, whose reasons are its exact SHAP values.

Reference: shap.TreeExplainer, 1e-6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from models.trees.booster import encode

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns


class BoostedScore:
    """A booster and the codes of its categories.

    inputs: the columns that reasons are given for. texts: those of them that are categories. made_of: a derived value
    -> the inputs that it is made of.
    """

    requirements = ("lightgbm", "numpy")
    inputs: Sequence[str]
    texts: Sequence[str]
    made_of: Mapping[str, Sequence[str]] = {}

    def __init__(self, params: Mapping[str, Any], rounds: int, derived: Sequence[str] = ()):
        """params: of LightGBM. derived: the values that follow from the inputs and are used as well."""
        self.params, self.rounds, self.names = params, rounds, [*self.inputs, *derived]

    def values(self, columns: Columns) -> Columns:
        """Return the columns that are used, by name; with those that follow from the inputs, where there are some."""
        return columns

    def fit(self, rows: pd.DataFrame, event: np.ndarray, weights: np.ndarray | None = None) -> Self:
        """Return the booster, fitted on rows. event: 0 or 1, shape (n,). weights: shape (n,), one per row."""
        import lightgbm

        self.categories = {name: sorted(rows[name].dropna().unique()) for name in self.texts}
        places = [self.names.index(name) for name in self.texts]
        data = lightgbm.Dataset(self.matrix(rows), event, weight=weights, categorical_feature=places)
        self.booster = lightgbm.train(dict(self.params), data, self.rounds)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of the event, shape (n,)."""
        return np.asarray(self.booster.predict(self.matrix(columns), raw_score=True, num_threads=1))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and the exact SHAP values of the inputs, (n, k).

        That of a derived value is divided evenly among its inputs. Lundberg et al., "Consistent individualized feature
        attribution for tree ensembles" (2018).
        """
        found = np.asarray(self.booster.predict(self.matrix(columns), pred_contrib=True, num_threads=1))
        parts = found[:, : len(self.inputs)].copy()
        for place, name in enumerate(self.names[len(self.inputs) :], len(self.inputs)):
            for source in self.made_of[name]:
                parts[:, list(self.inputs).index(source)] += found[:, place] / len(self.made_of[name])
        return found[:, -1], parts

    def matrix(self, columns: Columns) -> np.ndarray:
        """Return the values as numbers, shape (n, k). A category is its position; missing and unknown are NaN."""
        return encode(self.values(columns), self.names, self.categories)
