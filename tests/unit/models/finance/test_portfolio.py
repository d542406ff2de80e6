"""Known solutions, invariants and references of the portfolios."""

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import ledoit_wolf

from capstan.errors import CapstanError
from models.finance import portfolio
from models.finance.covariance import shrunk
from models.finance.portfolio import Bounds, Views
from models.strategies import allocations

FREE = Bounds()


@pytest.fixture(scope="module")
def returns(closes) -> np.ndarray:
    return closes.loc["2010":"2011"].pct_change().iloc[1:].to_numpy()


def test_the_covariance_is_that_of_scikit_learn(returns):
    for days in (40, 250):
        np.testing.assert_allclose(shrunk(returns[:days]), ledoit_wolf(returns[:days])[0], rtol=1e-9)
    assert (shrunk(np.ones((5, 3))) == 0).all()


def test_without_binding_bounds_the_least_variance_has_its_closed_form():
    covariance = np.array([[0.04, 0.006, 0.0], [0.006, 0.09, 0.01], [0.0, 0.01, 0.16]]) / 252
    exact = np.linalg.solve(covariance, np.ones(3))
    np.testing.assert_allclose(portfolio.minimum_variance(covariance, FREE), exact / exact.sum(), atol=1e-6)


def test_mean_variance_meets_the_conditions_of_its_optimum(returns):
    mean, covariance, bounds = returns.mean(axis=0), shrunk(returns), Bounds(0.01, 0.10)
    weights = portfolio.mean_variance(mean, covariance, 5.0, bounds)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0.01 - 1e-9 and weights.max() <= 0.10 + 1e-9
    gain = mean - 5.0 * covariance @ weights
    least, greatest = weights < 0.01 + 1e-5, weights > 0.10 - 1e-5
    assert least.any() and greatest.any()
    # No money moves from one stock to another with a gain.
    assert gain[~greatest].max() <= gain[~least].min() + 1e-7


def test_each_stock_has_the_same_part_of_the_risk(returns):
    covariance = shrunk(returns)
    weights = portfolio.risk_parity(covariance, FREE)
    np.testing.assert_allclose(portfolio.risk_contributions(weights, covariance), 1 / len(weights), atol=5e-6)
    deviations = np.array([0.01, 0.02, 0.04])
    np.testing.assert_allclose(portfolio.risk_parity(np.diag(deviations**2), FREE), [4 / 7, 2 / 7, 1 / 7], atol=5e-6)
    bound = portfolio.risk_parity(np.diag(deviations**2), Bounds(0.2, 0.5))
    np.testing.assert_allclose(bound[0], 0.5, atol=5e-6)
    assert bound.min() >= 0.2


def test_black_litterman_without_views_holds_the_prior(returns):
    covariance, prior = shrunk(returns), np.full(returns.shape[1], 1 / returns.shape[1])
    mean, _ = portfolio.black_litterman(prior, covariance, 5.0, None)
    np.testing.assert_allclose(portfolio.mean_variance(mean, covariance, 5.0, FREE), prior, atol=1e-5)


def test_black_litterman_is_the_formula_of_its_authors(returns):
    covariance, prior = shrunk(returns), np.full(returns.shape[1], 1 / returns.shape[1])
    portfolios = np.eye(returns.shape[1])[:2] - np.eye(returns.shape[1])[2:4]
    views = Views(portfolios, np.array([0.001, -0.0005]), doubt=0.5)
    mean, after = portfolio.black_litterman(prior, covariance, 5.0, views)
    unsure = np.linalg.inv(0.05 * covariance)
    certain = np.linalg.inv(np.diag(np.diag(portfolios @ (0.05 * covariance) @ portfolios.T)) * 0.5)
    information = unsure + portfolios.T @ certain @ portfolios
    expected = np.linalg.solve(
        information, unsure @ (5.0 * covariance @ prior) + portfolios.T @ certain @ views.returns
    )
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    np.testing.assert_allclose(after, covariance + np.linalg.inv(information), rtol=1e-6, atol=1e-12)
    sure, _ = portfolio.black_litterman(prior, covariance, 5.0, views._replace(doubt=1e-9))
    np.testing.assert_allclose(portfolios @ sure, views.returns, atol=1e-9)


@pytest.mark.parametrize("bounds", [Bounds(0.4, 1.0), Bounds(0.0, 0.3), Bounds(0.5, 0.2), Bounds(-0.1, 1.0)])
@pytest.mark.parametrize("solve", [portfolio.minimum_variance, portfolio.risk_parity])
def test_bounds_that_nothing_keeps_are_refused(solve, bounds):
    with pytest.raises(CapstanError, match="least"):
        solve(np.eye(3), bounds)


@pytest.mark.parametrize("name", allocations.ALLOCATIONS)
def test_an_allocation_is_long_within_bounds_and_knows_no_future(closes, name):
    decide = allocations.ALLOCATIONS[name]
    today = closes.loc[:"2008-06-30"]
    weights = decide(today)
    assert list(weights.index) == list(closes.columns)
    assert weights.sum() == pytest.approx(1) and weights.min() >= 0 and weights.max() <= allocations.GREATEST + 1e-9
    pd.testing.assert_series_equal(decide(closes.loc["2007":"2008-06-30"]), weights)  # a year is all that it looks at
    changed = decide(today.assign(KO=today["KO"] * np.linspace(1, 2, len(today))))
    assert np.allclose(changed, weights) == (name == "equal weights")


def test_a_stock_without_a_whole_year_gets_no_weight(closes):
    young = closes.loc["2007":"2008"].copy()
    young.loc[:"2008-03-18", "KO"] = np.nan
    weights = allocations.risk_parity(young)
    assert weights["KO"] == 0 and weights.sum() == pytest.approx(1)


def test_too_few_closes_and_prices_that_never_move_are_refused(closes):
    still = closes.iloc[:300] * 0 + 10.0
    for name in ("minimum variance", "risk parity"):
        with pytest.raises(CapstanError, match="whose returns vary"):
            allocations.ALLOCATIONS[name](still)
    with pytest.raises(CapstanError, match="253 closes, and there are 100"):
        allocations.risk_parity(closes.iloc[:100])
