"""The audit against fairlearn's, and the policy that brings the decline rates together."""

import numpy as np
import pytest
from fairlearn.metrics import equalized_odds_difference

from models.linear import platt
from pipelines.credit_risk import data, fairness, policy, training
from pipelines.credit_risk.boosting import Boosting
from pipelines.credit_risk.costs import THRESHOLD, THRESHOLD_LOG_ODDS, cost


@pytest.fixture(scope="module")
def margin(loans) -> np.ndarray:
    bad = loans["bad"].to_numpy()
    raw = training.out_of_fold(loans, bad, Boosting, 0)
    slope, intercept = platt.line(raw, bad)
    return slope * raw + intercept


@pytest.mark.parametrize("attribute", ["age", "marital"])
def test_difference_is_that_of_fairlearn(loans, margin, attribute):
    group, bad = data.groups(loans)[attribute], loans["bad"].to_numpy()
    declined = (margin >= THRESHOLD_LOG_ODDS).astype(float)
    mine = fairness.difference(bad, declined, np.unique(group, return_inverse=True)[1])
    assert mine == pytest.approx(equalized_odds_difference(bad, declined, sensitive_features=group))
    assert mine > 0.15  # there is something to correct


def test_values_by_loan_have_the_difference_as_mean_and_the_spread_of_a_bootstrap(loans, margin):
    bad, declined = loans["bad"].to_numpy(), (margin >= THRESHOLD_LOG_ODDS).astype(float)
    codes = data.age_bands(loans["age"])
    values = fairness.influence_by_loan(bad, declined, codes)
    assert values.mean() == pytest.approx(fairness.difference(bad, declined, codes))
    low, high = fairness.intervals(bad, declined, declined, codes, repeats=500)["after"]
    assert 3.92 * values.std() / np.sqrt(len(values)) == pytest.approx(high - low, rel=0.2)


def test_interval_of_decisions_that_turn_all_down_is_zero_and_has_no_ratio(loans):
    bad, codes = loans["bad"].to_numpy(), data.age_bands(loans["age"])
    intervals = fairness.intervals(bad, np.ones(len(bad)), np.ones(len(bad)), codes, repeats=20)
    assert intervals["after"] == (0, 0) and np.isnan(intervals["ratio"]).all()


def test_threshold_is_the_cheapest_one(loans, margin):
    bad = loans["bad"].to_numpy()
    grid = np.linspace(0.02, 0.6, 59)
    costs = [cost(bad, (margin >= np.log(p / (1 - p))).astype(float)) for p in grid]
    assert abs(grid[int(np.argmin(costs))] - THRESHOLD) < 0.06
    assert cost(bad, np.ones(len(bad))) == pytest.approx(1 - bad.mean())
    assert cost(bad, np.zeros(len(bad))) == pytest.approx(5 * bad.mean())


def test_policy_keeps_its_bounds_where_it_was_fitted(loans, margin):
    bad = loans["bad"].to_numpy()
    fitted = policy.fit(margin, bad, loans)
    declined = (margin >= fitted.limits(loans)).astype(float)
    for name, group in data.groups(loans).items():
        codes = np.unique(group, return_inverse=True)[1]
        assert fairness.difference(bad, declined, codes) <= policy.BOUNDS[name] + 0.01
    assert cost(bad, declined) <= 1.05 * cost(bad, (margin >= THRESHOLD_LOG_ODDS).astype(float))


def test_without_groups_there_is_one_threshold(loans):
    assert (policy.Policy().limits(loans) == THRESHOLD_LOG_ODDS).all()


def test_interval_holds_the_measured_difference_and_narrows_with_more_rows(loans, margin):
    bad, codes = loans["bad"].to_numpy(), data.age_bands(loans["age"])
    declined = (margin >= THRESHOLD_LOG_ODDS).astype(float)
    few = slice(0, 1_000)
    wide = fairness.intervals(bad[few], declined[few], declined[few], codes[few], repeats=200)
    narrow = fairness.intervals(bad, declined, declined, codes, repeats=200)
    assert narrow["after"][0] < fairness.difference(bad, declined, codes) < narrow["after"][1]
    assert np.ptp(narrow["after"]) < np.ptp(wide["after"])
    assert narrow["ratio"] == (1, 1)
