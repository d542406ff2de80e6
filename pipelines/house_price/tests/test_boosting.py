"""Boosting from scratch against LightGBM with like settings, for each loss."""

import lightgbm
import numpy as np
import pytest
from sklearn.metrics import log_loss

from models.trees import losses
from models.trees.histogram_tree import Growth
from models.trees.newton_boosting import Booster, edges
from pipelines.house_price import stack
from pipelines.house_price.columns import NUMBERS

ROUNDS, HOW, BINS = 60, Growth(leaves=8, smallest=10, penalty=1.0), 127
CASES = {
    "squared": (losses.SQUARED, {"objective": "regression"}),
    "absolute": (losses.ABSOLUTE, {"objective": "regression_l1"}),
    "huber": (losses.huber(0.1), {"objective": "huber", "alpha": 0.1}),
    "quantile": (losses.quantile(0.9), {"objective": "quantile", "alpha": 0.9}),
    "logistic": (losses.LOGISTIC, {"objective": "binary"}),
}


def error(name: str, target: np.ndarray, margin: np.ndarray) -> float:
    """The loss itself of some predictions, a mean."""
    off = target - margin
    if name == "logistic":
        return log_loss(target, 1 / (1 + np.exp(-margin)))
    if name == "quantile":
        return float(np.maximum(0.9 * off, -0.1 * off).mean())
    if name == "huber":
        return float(np.where(np.abs(off) < 0.1, off**2 / 2, 0.1 * (np.abs(off) - 0.05)).mean())
    return float(np.abs(off).mean() if name == "absolute" else (off**2).mean() ** 0.5)


@pytest.fixture(scope="module")
def numbers(houses):
    """Numbers of the sales without gaps, and the logarithms of their prices."""
    names = [name for name in NUMBERS if name != "lot_frontage"][:16]
    return houses[names].fillna(0).to_numpy(), np.log(houses["sold_for"].to_numpy())


@pytest.mark.parametrize("name", CASES)
def test_error_of_three_folds_is_within_a_percent_of_that_of_lightgbm(numbers, name):
    matrix, target = numbers
    if name == "logistic":
        target = (target > 12).astype(float)
    loss, objective = CASES[name]
    params = {
        **{"num_leaves": HOW.leaves, "min_data_in_leaf": HOW.smallest, "lambda_l2": HOW.penalty, "max_bin": BINS},
        **{"min_sum_hessian_in_leaf": 0, "verbosity": -1, "num_threads": 1, "min_data_in_bin": 1},
    }
    mine, theirs = np.empty(len(target)), np.empty(len(target))
    for past, held in stack.folds(len(target), 0, 3):
        model = lightgbm.train(params | objective, lightgbm.Dataset(matrix[past], target[past]), ROUNDS)
        theirs[held] = model.predict(matrix[held], raw_score=True)
        mine[held] = Booster(loss, ROUNDS, 0.1, HOW, BINS).fit(matrix[past], target[past]).predict(matrix[held])
    assert error(name, target, mine) < 1.01 * error(name, target, theirs)


def test_first_tree_of_two_leaves_is_the_best_of_all_splits(numbers):
    past, target = numbers[0][:200, :5], numbers[1][:200]
    [tree] = Booster(losses.SQUARED, 1, 1.0, Growth(2, 5)).fit(past, target).trees

    def left(column: np.ndarray, value: float) -> float:
        lower = column <= value
        if min(lower.sum(), (~lower).sum()) < 5:
            return np.inf
        return sum(((target[side] - target[side].mean()) ** 2).sum() for side in (lower, ~lower))

    found = min((left(column, value), place) for place, column in enumerate(past.T) for value in np.unique(column))
    predictions = target.mean() + tree.predict(
        Booster(losses.SQUARED, 1, 1.0, Growth(2, 5)).fit(past, target).bins(past)
    )
    assert tree.feature[0] == found[1] and ((target - predictions) ** 2).sum() == pytest.approx(found[0])


def test_edges_lie_between_values_and_share_the_rows():
    column = np.random.default_rng(0).exponential(size=1_000)
    cut = edges(column, 20)
    counts = np.bincount(np.searchsorted(cut, column))
    assert len(counts) == 20 and counts.min() >= 45 and counts.max() <= 55
    assert list(edges(np.array([1.0, 3.0, 3.0, 7.0]), 255)) == [2.0, 5.0]
