"""Quantiles: linear against statsmodels, a forest against its definition and scikit-learn's trees."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.ensemble import RandomForestRegressor

from models.intervals.quantile_forest import Forest
from models.linear import quantile_regression
from models.metrics import regression
from pipelines.house_price.studies.robust import study as robust_study

LEVELS = [0.05, 0.5, 0.95]


@pytest.fixture(scope="module")
def sides(parts):
    rows = [part["houses"] for part in parts]
    return [(robust_study.design(table), np.log(table["sold_for"].to_numpy())) for table in rows]


@pytest.mark.parametrize("level", LEVELS)
def test_quantile_regression_is_that_of_statsmodels(sides, level):
    design, target = (array[:400] for array in sides[0])
    theirs = sm.QuantReg(target, design).fit(level, p_tol=1e-9, max_iter=5_000).params

    def loss(weights: np.ndarray) -> float:
        off = target - design @ weights
        return float(np.maximum(level * off, (level - 1) * off).sum())

    assert loss(quantile_regression.fit(design, target, level)) <= 1.001 * loss(theirs)


def test_forest_is_as_good_as_the_same_of_scikit_learn(sides):
    """Their trees, with the weights of Meinshausen."""
    (past, target), (held, truth) = sides
    mine = Forest(trees=20, share=0.7).fit(past, target)
    theirs = RandomForestRegressor(20, min_samples_leaf=5, max_features=0.7, random_state=0).fit(past, target)
    weights = np.zeros((len(held), len(target)))
    for known, new in zip(theirs.apply(past).T, theirs.apply(held).T, strict=True):
        same = new[:, None] == known
        weights += same / same.sum(axis=1, keepdims=True)
    order = np.argsort(target)
    summed = np.cumsum(weights[:, order], axis=1) / 20
    expected = target[order][
        np.column_stack([(summed < level).sum(axis=1).clip(max=len(order) - 1) for level in LEVELS])
    ]
    predictions = mine.predict(held, LEVELS)
    assert regression.pinball(truth, predictions, LEVELS) < 1.05 * regression.pinball(truth, expected, LEVELS)
    assert (np.diff(predictions, axis=1) >= 0).all()


def test_weights_of_a_forest_add_up_and_a_house_is_like_itself(sides):
    past, target = (array[:300] for array in sides[0])
    weights = Forest(trees=15).fit(past, target).weights(past[:50])
    assert weights.sum(axis=1) == pytest.approx(1)
    assert np.mean(weights.argsort(axis=1)[:, -5:] == np.arange(50)[:, None]) * 5 > 0.8
