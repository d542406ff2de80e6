"""The scorecard from scratch against scikit-learn's logistic regression, and its points."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipelines.credit_risk.columns import INPUTS
from pipelines.credit_risk.scorecard import DOUBLE, ODDS, POINTS, RIDGE, Scorecard, newton


@pytest.fixture(scope="module")
def card(parts) -> Scorecard:
    rows = parts[0]["loans"]
    return Scorecard().fit(rows, rows["bad"].to_numpy())


def test_newton_finds_what_scikit_learn_finds(parts, card):
    rows = parts[0]["loans"]
    evidence = card._evidence(rows)
    theirs = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=1_000).fit(evidence, rows["bad"])
    mine = newton(evidence, rows["bad"].to_numpy())
    assert mine == pytest.approx([theirs.intercept_[0], *theirs.coef_[0]], abs=1e-5)


def test_no_input_runs_against_its_evidence(card):
    assert (card.weights[1:] <= 0).all() and (card.weights[1:] < -0.1).sum() >= 9


def test_points_add_up_to_the_odds(card, held):
    table = card.card().set_index(["input", "value"])["points"]
    row = held.head(50)
    codes = {name: card.bins[name].codes(row[name]) for name in INPUTS}
    names = {name: list(table[name].index) for name in INPUTS}
    points = [sum(table[name, names[name][codes[name][k]]] for name in INPUTS) for k in range(len(row))]
    expected = POINTS + DOUBLE / np.log(2) * (-card.margin(row) - np.log(ODDS))
    assert points == pytest.approx(expected, abs=len(INPUTS) / 2)  # each is rounded


def test_missing_and_unknown_values_are_a_bin_of_their_own(card, held):
    row = held.head(1).assign(home="castle", income=np.nan)
    assert np.isfinite(card.margin(row)).all()
