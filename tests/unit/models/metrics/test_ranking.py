"""Metrics of ranked lists against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from models.metrics import ranking


@pytest.fixture(scope="module")
def ranked() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.permutation(40) for _ in range(50)])


def test_ndcg_is_that_of_scikit_learn(ranked):
    rng = np.random.default_rng(1)
    relevant = [rng.choice(40, size, replace=False) for size in rng.integers(1, 20, 50)]
    computed = ranking.ndcg(ranked, relevant)
    for row, held, mine in zip(ranked, relevant, computed, strict=True):
        truth, scores = np.isin(np.arange(40), held).astype(float), np.empty(40)
        scores[row] = -np.arange(40)
        assert mine == pytest.approx(ndcg_score([truth], [scores], k=10))


def test_recall_and_coverage_by_hand():
    shown = np.array([[1, 2, 3], [3, 4, 5]])
    assert ranking.recall(shown, [np.array([1, 9]), np.array([3, 4, 5])]).tolist() == [0.5, 1]
    assert ranking.coverage(shown, items=10, k=2) == 0.4


def test_seen_items_are_left_out_and_ties_go_by_position():
    scores, seen = np.array([[1.0, 3.0, 3.0, 2.0]]), np.array([[False, True, False, False]])
    assert ranking.top(scores, seen, 3).tolist() == [[2, 3, 0]]
