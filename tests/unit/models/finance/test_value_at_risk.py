"""Limits against formulas and real days; their tests against known values and simulations."""

import numpy as np
import pytest
from scipy.stats import norm

from capstan.errors import CapstanError
from models.finance import value_at_risk
from models.finance.coverage import acerbi_szekely, christoffersen, coverage, kupiec
from models.finance.value_at_risk import LEVELS, METHODS, WINDOW, Forecasts


@pytest.fixture(scope="module")
def returns(closes) -> np.ndarray:
    return closes.pct_change().iloc[1:701].mean(axis=1).to_numpy()


@pytest.mark.parametrize("level", LEVELS)
def test_a_normal_limit_has_its_closed_form(level):
    sample = np.random.default_rng(0).normal(0.001, 0.02, WINDOW + 3)
    forecasts, last = value_at_risk.normal(sample, level), sample[2:-1]
    assert forecasts.limits[-1] == pytest.approx(-last.mean() - last.std(ddof=1) * norm.ppf(level))
    shortfall = -last.mean() + last.std(ddof=1) * norm.pdf(norm.ppf(level)) / level
    assert forecasts.shortfalls[-1] == pytest.approx(shortfall, rel=2e-3)


def test_a_historical_limit_is_a_loss_that_was_seen():
    returns = np.random.default_rng(0).permutation(np.append(np.arange(1, WINDOW + 1) / -1e4, 0.0))
    returns[[np.flatnonzero(returns == 0)[0], -1]] = returns[[-1, np.flatnonzero(returns == 0)[0]]]
    forecasts = value_at_risk.historical(returns, 0.01)
    assert forecasts.limits == pytest.approx([0.0496])  # of 500 losses, the fifth of the worst
    assert forecasts.shortfalls == pytest.approx([0.0498])


def test_the_weighted_variance_is_the_recursion(returns):
    forecasts, variance = value_at_risk.weighted(returns, 0.05), returns[:WINDOW].var()
    for move in returns[:-1]:
        variance = 0.94 * variance + 0.06 * move**2
    assert forecasts.limits[-1] == pytest.approx(-np.sqrt(variance) * norm.ppf(0.05))


@pytest.mark.parametrize("name", METHODS)
def test_a_limit_is_known_before_its_day(returns, name):
    forecasts, changed = METHODS[name](returns, 0.05), returns.copy()
    assert len(forecasts.limits) == len(returns) - WINDOW
    assert (forecasts.shortfalls > forecasts.limits).all() and (forecasts.limits > 0).all()
    changed[600:] = changed[600:][::-1] * 3
    later = METHODS[name](changed, 0.05)
    np.testing.assert_allclose(later.limits[: 601 - WINDOW], forecasts.limits[: 601 - WINDOW])
    assert not np.allclose(later.limits[601 - WINDOW :], forecasts.limits[601 - WINDOW :])


def test_kupiec_has_the_region_of_his_table():
    """At 1 %: below 7 violations of 255 days, above 4 and below 17 of 1,000. The statistic rejects 0 of 255 as well."""

    def kept(days: int) -> list[int]:
        return [hits for hits in range(days // 20) if kupiec(np.arange(days) < hits, 0.01) > 0.05]

    assert kept(255) == [1, 2, 3, 4, 5, 6]
    assert kept(1_000) == list(range(5, 17))


def test_violations_that_cluster_are_found():
    apart = np.arange(1_000) % 20 == 0
    assert kupiec(apart, 0.05) == pytest.approx(1)
    together = np.arange(1_000) % 200 < 10
    assert kupiec(together, 0.05) == pytest.approx(1)
    assert christoffersen(together) < 1e-10
    assert christoffersen(np.random.default_rng(0).random(1_000) < 0.05) > 0.05
    assert christoffersen(np.zeros(100, bool)) == 1


def test_the_tests_keep_right_forecasts_and_reject_wrong_ones():
    random, days, level = np.random.default_rng(0), 1_000, 0.05
    right = value_at_risk._scaled(np.zeros(days), np.full(days, 0.01), norm.ppf, level)
    rejected = np.array(
        [
            [verdict.often < 0.05, verdict.clustered < 0.05, verdict.deep < 0.05]
            for verdict in (coverage(random.normal(0, 0.01, days), right, level, seed) for seed in range(40))
        ]
    )
    assert (rejected.mean(axis=0) < 0.16).all()
    # As many violations as expected, but deeper: only the test of the shortfall sees it.
    losses = random.permutation(norm.ppf((np.arange(days) + 0.5) / days) * 0.01)
    deeper = np.where(-losses > right.limits, losses * 1.5, losses)
    seen = coverage(deeper, right, level)
    assert seen.often == coverage(losses, right, level).often > 0.05
    assert seen.deep < 0.001 < acerbi_szekely(losses, right, level)


def test_in_2008_a_plain_normal_limit_breaks_and_a_filtered_one_holds(closes):
    returns = closes.loc[:"2009-12-31"].pct_change().iloc[1:].mean(axis=1).to_numpy()
    broken, held = (
        coverage(returns[WINDOW:], METHODS[name](returns, 0.01), 0.01) for name in ("normal", "GARCH, filtered history")
    )
    assert broken.violations > 3 * broken.expected and broken.often < 0.001 and broken.deep < 0.001
    assert held.violations < 2 * held.expected and held.often > 0.05


@pytest.mark.parametrize("returns", [np.zeros(WINDOW), np.full(WINDOW + 9, np.nan)])
@pytest.mark.parametrize("name", METHODS)
def test_too_few_returns_and_holes_are_refused(name, returns):
    with pytest.raises(CapstanError, match="more than 500 daily returns"):
        METHODS[name](returns, 0.05)


def test_forecasts_of_a_joined_walk_are_one():
    forecasts = Forecasts(np.ones(2), np.ones((2, 3)))
    assert value_at_risk._joined([forecasts, forecasts]).tails.shape == (4, 3)
