"""Classes and shares of annotators: the means are scikit-learn's F1, and agreement is what it says."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from models.metrics import annotators

RANDOM = np.random.default_rng(0)


def test_mean_of_the_rows_is_f1_of_the_class_and_macro_f1():
    truth, guess = RANDOM.integers(0, 3, (2, 400))
    for number, right in enumerate(f1_score(truth, guess, average=None)):
        assert annotators.f1(truth, guess, number).mean() == pytest.approx(right, abs=1e-6)
    assert annotators.macro_f1(truth, guess, 3).mean() == pytest.approx(
        f1_score(truth, guess, average="macro"), abs=1e-6
    )


def test_class_that_is_nowhere_has_no_f1():
    assert annotators.f1(np.zeros(4), np.zeros(4), 2).tolist() == [0, 0, 0, 0]


def test_agreement_is_one_where_the_shares_are_known_and_nothing_for_a_constant():
    shares = RANDOM.dirichlet([2, 1, 1], 300)
    assert annotators.agreement(shares, shares) == pytest.approx(1)
    assert annotators.agreement(shares, np.tile([0.5, 0.3, 0.2], (300, 1))) == 0
    shuffled = RANDOM.permutation(shares)
    assert abs(annotators.agreement(shares, shuffled)) < 0.9


def test_tenths_that_expect_more_disagreement_have_it():
    shares = RANDOM.dirichlet([2, 1, 1], 300)
    table = annotators.disagreement(shares, shares)
    assert table["rows"].tolist() == [30] * 10
    assert (np.diff(table["expected"]) >= 0).all() and table["expected"].tolist() == table["did"].tolist()
