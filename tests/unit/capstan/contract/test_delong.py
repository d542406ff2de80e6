"""ROC AUC by row against scikit-learn's, with ties."""

import numpy as np
import pytest

from capstan.contract.delong import roc_auc


def test_mean_of_the_values_is_the_area_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    chance = np.random.default_rng(0)
    target = chance.random(500) < 0.3
    scores = np.round(chance.normal(size=(2, 500)) + target, 1)  # with ties
    values = roc_auc(target, scores)
    assert values.mean(axis=1) == pytest.approx([roc_auc_score(target, line) for line in scores])
    assert roc_auc(target, scores[1]) == pytest.approx(values[1])


def test_area_of_a_few_ties():
    target, score = np.array([0, 1, 0, 1, 1.0]), np.array([1, 1, 2, 2, 3.0])
    assert roc_auc(target, score).mean() == pytest.approx(4 / 6)
