"""Ways to a fairer decision: before, in and after the training. `study.py` measures them side by side.

Each function takes the training rows, the test rows, the attribute to be fair by (or None) and a seed, and returns
`Decided`: the decisions on the test rows, and the log-odds where the method keeps a score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from models.linear import platt
from models.linear.logistic import Logistic
from pipelines.credit_risk import training
from pipelines.credit_risk.boosting import PARAMS, ROUNDS, Boosting
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, LABEL, NUMBERS
from pipelines.credit_risk.costs import COST_BAD_GRANTED, COST_GOOD_DECLINED, THRESHOLD_LOG_ODDS
from pipelines.credit_risk.data import groups
from pipelines.credit_risk.scorecard import Scorecard
from pipelines.credit_risk.splines import Splines

if TYPE_CHECKING:
    from lightgbm import LGBMClassifier

    from pipelines.credit_risk.model import CreditModel


class Decided(NamedTuple):
    """Decisions, shape (n,), 1 for declined or its probability; the log-odds, or None for a method without a score."""

    declined: np.ndarray
    margin: np.ndarray | None


def scorecard(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """The scorecard, and one threshold for all."""
    return _decide(training.fit(past, Scorecard, False, seed), test)


def splines(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """The score that is served, and one threshold for all."""
    return _decide(training.fit(past, Splines, False, seed), test)


def regression(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """The strong simple method: a logistic regression over the inputs, and one threshold for all."""
    bad = past[LABEL].to_numpy()
    probability = Logistic(NUMBERS, CATEGORIES).fit(past, bad).probability(test)
    margin = np.log(probability / (1 - probability))
    return Decided((margin >= THRESHOLD_LOG_ODDS).astype(float), margin)


def boosting(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """Gradient boosting, and one threshold for all: what the mitigations are compared with."""
    return _decide(training.fit(past, Boosting, False, seed), test)


def reweighing(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """Before training: weights that make group and label independent.

    Kamiran and Calders, "Data preprocessing techniques for classification without discrimination" (2012).
    """
    bad, group = past[LABEL].to_numpy(), groups(past)[attribute]
    table = pd.DataFrame({"bad": bad, "group": group})
    n, both = len(table), table.groupby(["bad", "group"])["bad"].transform("size")
    apart = table.groupby("bad")["bad"].transform("size") * table.groupby("group")["group"].transform("size")
    weights = (apart / n / both).to_numpy()
    margin = np.empty(len(past))
    for train, held in training.folds(bad, seed):
        fitted = Boosting(seed).fit(past.iloc[train], bad[train], weights[train])
        margin[held] = fitted.margin(past.iloc[held])
    slope, intercept = platt.line(margin, bad)
    scores = slope * Boosting(seed).fit(past, bad, weights).margin(test) + intercept
    return Decided((scores >= THRESHOLD_LOG_ODDS).astype(float), scores)


def decorrelation(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """Before training: inputs from which what is linear in the group has been taken."""
    from fairlearn.preprocessing import CorrelationRemover

    matrices = [_matrix(rows, past) for rows in (past, test)]
    marked = [np.hstack([pd.get_dummies(groups(rows)[attribute]).to_numpy(float)[:, 1:], matrix])
              for rows, matrix in zip((past, test), matrices, strict=True)]  # fmt: skip
    remover = CorrelationRemover(sensitive_feature_ids=list(range(marked[0].shape[1] - matrices[0].shape[1])))
    clean = [remover.fit_transform(marked[0]), remover.transform(marked[1])]
    bad = past[LABEL].to_numpy()
    model = _classifier(seed)
    margin = np.empty(len(past))
    for train, held in training.folds(bad, seed):
        margin[held] = model.fit(clean[0][train], bad[train]).predict(clean[0][held], raw_score=True)
    slope, intercept = platt.line(margin, bad)
    scores = slope * np.asarray(model.fit(clean[0], bad).predict(clean[1], raw_score=True)) + intercept
    return Decided((scores >= THRESHOLD_LOG_ODDS).astype(float), scores)


def exponentiated_gradient(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """In training: the decision of most of the classifiers that a game between cost and fairness leaves.

    Agarwal et al., "A reductions approach to fair classification" (2018). It needs no group when it decides.
    """
    from fairlearn.reductions import EqualizedOdds, ErrorRate, ExponentiatedGradient

    total = COST_GOOD_DECLINED + COST_BAD_GRANTED
    fair = ExponentiatedGradient(
        _classifier(seed),
        EqualizedOdds(difference_bound=0.02),
        objective=ErrorRate(costs={"fp": COST_GOOD_DECLINED / total, "fn": COST_BAD_GRANTED / total}),
        max_iter=15,
    )
    fair.fit(_matrix(past, past), past[LABEL], sensitive_features=groups(past)[attribute])
    return Decided((fair._pmf_predict(_matrix(test, past))[:, 1] >= 0.5).astype(float), None)


def at_random(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """After training: equal rates for all groups, some loans decided at random. Hardt et al. (2016).

    fairlearn's method knows no costs, so each bad loan counts as often as its mistake costs.
    """
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator

    class Given(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        """Its input is the score already."""

        def fit(self, *_: object) -> Given:
            return self

        def predict(self, scores: np.ndarray) -> np.ndarray:
            return np.asarray(scores)[:, 0]

    bad = past[LABEL].to_numpy()
    times = np.where(bad == 1, round(COST_BAD_GRANTED / COST_GOOD_DECLINED), 1)
    fair = ThresholdOptimizer(
        estimator=Given(), constraints="equalized_odds", objective="accuracy_score", predict_method="predict"
    )
    margin = training.out_of_fold(past, bad, Boosting, seed)
    group = groups(past)[attribute]
    fair.fit(np.repeat(margin, times)[:, None], np.repeat(bad, times), sensitive_features=np.repeat(group, times))
    scores = Boosting(seed).fit(past, bad).margin(test)
    return Decided(fair._pmf_predict(scores[:, None], sensitive_features=groups(test)[attribute])[:, 1], None)


def thresholds(past: pd.DataFrame, test: pd.DataFrame, attribute: str, seed: int) -> Decided:
    """After training: what is served. Thresholds by group, at the least cost, by age and marital status at once."""
    return _decide(training.fit(past, Splines, True, seed), test)


METHODS = {
    "logistic regression": ("none", regression),
    "scorecard": ("none", scorecard),
    "boosting": ("none", boosting),
    "splines": ("none", splines),
    "reweighing": ("before", reweighing),
    "decorrelation": ("before", decorrelation),
    "exponentiated gradient": ("in", exponentiated_gradient),
    "thresholds at random": ("after", at_random),
    "thresholds by group (served)": ("after", thresholds),
}


def _decide(model: CreditModel, rows: pd.DataFrame) -> Decided:
    margin = model.margin(rows)
    return Decided((margin >= model.policy.limits(rows)).astype(float), margin)


def _classifier(seed: int) -> LGBMClassifier:
    """Return the served score's booster behind scikit-learn's interface, which fairlearn wants."""
    from lightgbm import LGBMClassifier

    params: dict[str, Any] = {name: value for name, value in PARAMS.items() if name != "objective"}
    return LGBMClassifier(n_estimators=ROUNDS, random_state=seed, **params)


def _matrix(rows: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """Return the inputs as numbers without gaps, shape (n, k), categories one column per value."""
    numbers = [name for name in INPUTS if name not in CATEGORIES]
    parts = [rows[numbers].fillna(known[numbers].median()).to_numpy(float)]
    for name in CATEGORIES:
        parts += [(rows[name] == value).to_numpy(float)[:, None] for value in sorted(known[name].dropna().unique())]
    return np.hstack(parts)
