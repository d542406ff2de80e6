"""Other families of models over the same inputs and ratios, to see whether the served score leaves anything.

Each has `fit` and `margin`, as scores have. The study `tune` tries their settings, `limit` compares and stacks them.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear.curves import Constants
from models.trees.booster import encode
from pipelines.credit_risk.boosting import PARAMS
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, NUMBERS
from pipelines.credit_risk.ratios import ratios

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns


class Trees:
    """LightGBM over the inputs, and over the ratios where `extended`."""

    def __init__(self, seed: int = 0, leaves: int = 8, rounds: int = 250, extended: bool = True):
        self.seed, self.leaves, self.rounds, self.extended = seed, leaves, rounds, extended

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Trees:
        """Return the booster, fitted on rows. bad: 0 or 1, shape (n,)."""
        import lightgbm

        self.categories = {name: sorted(rows[name].dropna().unique()) for name in CATEGORIES}
        places = [INPUTS.index(name) for name in CATEGORIES]
        data = lightgbm.Dataset(self._matrix(rows), bad, categorical_feature=places)
        params = PARAMS | {"num_leaves": self.leaves, "seed": self.seed}
        self.booster = lightgbm.train(params, data, self.rounds)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.booster.predict(self._matrix(columns), raw_score=True, num_threads=1))

    def _matrix(self, columns: Columns) -> np.ndarray:
        coded = encode(columns, INPUTS, self.categories)
        return np.hstack([coded, _derived(columns)]) if self.extended else coded


class Ranked(ABC):
    """What both below share: ranks of numbers and ratios from 0 to 1, whether one is missing, one-hot categories."""

    def __init__(self, seed: int = 0, **settings: Any):
        self.seed, self.settings = seed, settings

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Ranked:
        """Return the classifier, fitted on rows. bad: 0 or 1, shape (n,)."""
        numbers = _numbers(rows)
        self.sorted = [np.sort(column[~np.isnan(column)]) for column in numbers.T]
        self.levels = {name: Constants(_texts(rows, name)) for name in CATEGORIES}
        self.classifier = self.make().fit(self._matrix(rows), bad)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        probability = np.clip(self.classifier.predict_proba(self._matrix(columns))[:, 1], 1e-3, 1 - 1e-3)
        return np.asarray(np.log(probability / (1 - probability)))

    @abstractmethod
    def make(self) -> Any:
        """Return a classifier of scikit-learn."""

    def _matrix(self, columns: Columns) -> np.ndarray:
        numbers = _numbers(columns)
        missing = np.isnan(numbers)
        ranks = [
            np.searchsorted(known, column) / len(known) for known, column in zip(self.sorted, numbers.T, strict=True)
        ]
        hot = [self.levels[name].design(_texts(columns, name)) for name in CATEGORIES]
        return np.hstack([np.where(missing, 0.5, np.column_stack(ranks)), missing, *hot])


class Forest(Ranked):
    """Extremely randomized trees. Geurts et al. (2006). settings: `smallest`, the fewest loans in a leaf."""

    def make(self) -> Any:
        """Return the trees."""
        from sklearn.ensemble import ExtraTreesClassifier

        smallest = self.settings["smallest"]
        return ExtraTreesClassifier(200, min_samples_leaf=smallest, max_features=0.3, random_state=self.seed)


class Network(Ranked):
    """Three networks with one hidden layer, their mean. settings: `width`, and `decay`, the penalty on the weights."""

    def make(self) -> Any:
        """Return the networks."""
        from sklearn.ensemble import VotingClassifier

        return VotingClassifier([(str(k), self._one(3 * self.seed + k)) for k in range(3)], voting="soft")

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Ranked:
        """Return the networks, fitted on rows. They stop after 60 passes, and scikit-learn warns of it."""
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(rows, bad)

    def _one(self, seed: int) -> Any:
        from sklearn.neural_network import MLPClassifier

        width, decay = self.settings["width"], self.settings["decay"]
        return MLPClassifier(width, alpha=decay, batch_size=256, max_iter=60, random_state=seed)


def _numbers(columns: Columns) -> np.ndarray:
    own = np.column_stack([np.asarray(columns[name], dtype=float) for name in NUMBERS])
    return np.hstack([own, _derived(columns)])


def _derived(columns: Columns) -> np.ndarray:
    derived = ratios({name: np.asarray(columns[name], dtype=float) for name in NUMBERS})
    return np.column_stack(list(derived.values()))


def _texts(columns: Columns, name: str) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in columns[name]]
