"""What may be lost tomorrow, by days in units of their expected deviation."""

import numpy as np
import pytest
from scipy.stats import norm

from models.finance import filtered_history, value_at_risk


@pytest.fixture(scope="module")
def returns():
    """A quiet year, and a wild one."""
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(0, 0.005, 600), random.normal(0, 0.02, 300)])


def test_deviations_are_those_of_riskmetrics(returns):
    limits = value_at_risk.weighted(returns, 0.05).limits / -norm.ppf(0.05)
    start = filtered_history.deviations_of(returns)
    first = returns[: value_at_risk.WINDOW].var() - returns.var()  # the other method begins with fewer days
    forgotten = filtered_history.KEPT ** np.arange(value_at_risk.WINDOW, len(returns))
    assert np.allclose(limits**2, start[value_at_risk.WINDOW : -1] ** 2 + first * forgotten, rtol=0, atol=1e-12)


def test_a_wild_time_makes_the_losses_of_quiet_days_larger(returns):
    quiet, wild = filtered_history.tomorrow(returns[:600]), filtered_history.tomorrow(returns)
    assert wild.deviation > 2.5 * quiet.deviation
    assert wild.beyond(0.05)[0] > 2.5 * quiet.beyond(0.05)[0]
    assert len(wild.beyond(0.05)) == 45 and (np.diff(wild.beyond(0.05)) >= 0).all()


def test_the_limit_is_exceeded_as_often_as_it_says(returns):
    """Also after the change, where the history alone is exceeded far more often."""
    days = [(returns[day - 252 : day], -returns[day]) for day in range(605, 800)]
    beyond = [lost > filtered_history.tomorrow(past).beyond(0.05)[0] for past, lost in days]
    history = [lost > np.quantile(-past, 0.95) for past, lost in days]
    assert 0.02 < np.mean(beyond) < 0.09 < 0.12 < np.mean(history)


def test_days_without_moves_lose_nothing():
    risk = filtered_history.tomorrow(np.zeros(30))
    assert risk.deviation == 0 and not risk.losses.any()
