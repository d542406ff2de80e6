"""Softmax regression compared with scikit-learn's, and labels that are shares."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.linear_model import LogisticRegression

from models.linear.softmax import Softmax

CLASSES, ROWS = 3, 300


@pytest.fixture(scope="module")
def blocks() -> list:
    """Sparse columns, one of which no row has, and dense ones."""
    random = np.random.default_rng(0)
    sparse = csr_array(random_array((ROWS, 40), density=0.2, rng=random)).toarray()
    sparse[:, 7] = 0
    return [csr_array(sparse), random.normal(size=(ROWS, 5))]


@pytest.fixture(scope="module")
def shares() -> np.ndarray:
    return np.random.default_rng(1).dirichlet(np.ones(CLASSES), ROWS)


def whole(blocks: list) -> np.ndarray:
    return np.hstack([blocks[0].toarray(), blocks[1]])


def probabilities(scores: np.ndarray) -> np.ndarray:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("strength", [0.1, 1.0, 10.0])
def test_one_label_each_is_scikit_learns_logistic_regression(blocks, shares, strength):
    labels = shares.argmax(axis=1)
    model = Softmax(strength, tolerance=1e-8, rounds=2_000).fit(blocks, np.eye(CLASSES)[labels])
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=5_000).fit(whole(blocks), labels)
    assert probabilities(model.scores(blocks)) == pytest.approx(theirs.predict_proba(whole(blocks)), abs=2e-3)
    assert np.vstack(model.weights) == pytest.approx(theirs.coef_.T, abs=5e-3)
    assert not model.weights[0][7].any()


def test_shares_are_rows_that_count_as_often(blocks, shares):
    """A row of shares is a row of each class, which counts by its share."""
    model = Softmax(tolerance=1e-8, rounds=2_000).fit(blocks, shares)
    rows = np.repeat(np.arange(ROWS), CLASSES)
    labels = np.tile(np.eye(CLASSES), (ROWS, 1))
    same = Softmax(tolerance=1e-8, rounds=2_000).fit([part[rows] for part in blocks], labels, shares.ravel())
    assert model.scores(blocks) == pytest.approx(same.scores(blocks), abs=2e-2)


def test_shares_of_one_kind_of_row_are_met():
    """Where all rows are the same, the probabilities are the mean shares: intercepts have no penalty."""
    shares = np.random.default_rng(2).dirichlet(np.ones(CLASSES), 50)
    model = Softmax().fit([np.zeros((50, 1))], shares)
    assert probabilities(model.scores([np.zeros((1, 1))]))[0] == pytest.approx(shares.mean(axis=0), abs=2e-3)
