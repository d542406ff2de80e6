"""Least squares with an instrument and clustered errors, by their formulas, and where the cause is known."""

import numpy as np
import pytest

from models.linear.instrumental import least_squares, without
from models.linear.shrinkage import shrunk

RNG = np.random.default_rng(0)


def test_errors_are_those_of_statsmodels():
    import statsmodels.api as sm

    x, cluster = RNG.normal(size=(300, 3)), np.repeat(np.arange(30), 10)
    y = x @ [1.0, -2.0, 0.5] + RNG.normal(size=30)[cluster] + RNG.normal(size=300)
    theirs = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False})
    assert least_squares(y, x, x, cluster) == pytest.approx((theirs.params[0], theirs.bse[0]), abs=1e-8)


def test_an_instrument_finds_what_least_squares_misses():
    tool, hidden = RNG.normal(size=(2, 5_000))
    price = tool + hidden + RNG.normal(size=5_000)
    y, cluster = -2 * price + 3 * hidden, np.arange(5_000)
    plain, instrument = (least_squares(y, price[:, None], variable[:, None], cluster) for variable in (price, tool))
    assert instrument[0] == pytest.approx(-2, abs=4 * instrument[1]) and plain[0] > -1.5


def test_groups_have_the_mean_zero():
    values, groups = RNG.normal(size=(40, 2)), RNG.integers(0, 4, 40)
    centred = without(values, groups)
    assert all(centred[groups == group].mean(axis=0) == pytest.approx([0, 0]) for group in range(4))


def test_estimates_are_shrunk_as_their_noise_says():
    size = RNG.uniform(0.5, 2, 4_000)
    truth = 3 * size + RNG.normal(0, 0.5, 4_000)
    values = truth + RNG.normal(0, 0.5, 4_000)
    means, variances = shrunk(values, np.full(4_000, 0.25), size)
    assert np.mean((means - truth) ** 2) == pytest.approx(variances.mean(), rel=0.1)
    assert variances == pytest.approx(np.full(4_000, 0.125), rel=0.1)
