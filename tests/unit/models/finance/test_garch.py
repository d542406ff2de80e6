"""GARCH against the package `arch`, and a process whose parameters are known."""

import numpy as np
import pytest
from arch import arch_model

from capstan.errors import CapstanError
from data_sets.djia import TICKERS
from models.finance import garch


@pytest.fixture(scope="module")
def returns(closes) -> dict[str, np.ndarray]:
    return {name: closes[name].pct_change().iloc[1:].to_numpy() for name in TICKERS}


FEW = ("AAPL", "JPM", "KO")
OTHERS = [pytest.param(name, marks=pytest.mark.rotating) for name in TICKERS if name not in FEW]


@pytest.mark.parametrize("ticker", [*FEW, *OTHERS])
@pytest.mark.parametrize("student", [True, False])
def test_the_fit_is_that_of_arch(returns, ticker, student):
    own, percent = garch.fit(returns[ticker], student), 100 * returns[ticker]
    model = arch_model(percent, dist="t" if student else "normal")
    theirs = model.fit(disp="off", options={"ftol": 1e-12})
    scale = len(percent) * np.log(100)
    assert own.log_likelihood == pytest.approx(theirs.loglikelihood + scale, abs=1e-5)
    shown = [100 * own.mean, 1e4 * own.omega, own.alpha, own.beta, *([own.degrees] if student else [])]
    np.testing.assert_allclose(shown, theirs.params, rtol=1e-3, atol=1e-4)
    deviations = np.sqrt(own.variances(returns[ticker]))
    np.testing.assert_allclose(100 * deviations[:-1], theirs.conditional_volatility, rtol=1e-4)
    ahead = theirs.forecast(horizon=5).variance.to_numpy()[-1]
    np.testing.assert_allclose(1e4 * own.forecast(returns[ticker], 5), ahead, rtol=1e-4)


@pytest.mark.parametrize("student", [True, False])
def test_the_likelihood_is_that_of_arch_at_any_parameters(returns, student):
    own, percent = garch.fit(returns["KO"], student), 100 * returns["KO"]
    parameters = [100 * own.mean, 1e4 * own.omega, own.alpha, own.beta, *([own.degrees] if student else [])]
    theirs = arch_model(percent, dist="t" if student else "normal").fix(parameters)
    assert own.log_likelihood == pytest.approx(theirs.loglikelihood + len(percent) * np.log(100), abs=1e-6)
    np.testing.assert_allclose(100 * np.sqrt(own.variances(returns["KO"])[:-1]), theirs.conditional_volatility)


def test_a_known_process_is_found_again():
    random = np.random.default_rng(0)
    variance, simulated = 1e-4, []
    for shock in random.standard_t(6, 8_000) * np.sqrt(4 / 6):
        simulated.append(0.0005 + np.sqrt(variance) * shock)
        variance = 2e-6 + 0.08 * (simulated[-1] - 0.0005) ** 2 + 0.90 * variance
    own = garch.fit(np.array(simulated))
    assert (own.alpha, own.beta, own.degrees) == pytest.approx((0.08, 0.90, 6), rel=0.2)


def test_a_variance_knows_no_later_return_and_the_scale_does_not_matter(returns):
    values = returns["KO"]
    own, later = garch.fit(values[:1_000]), values[:1_200].copy()
    before = own.variances(later)
    later[1_100:] *= 5
    np.testing.assert_array_equal(own.variances(later)[:1_101], before[:1_101])
    assert own.variances(later)[1_101] > before[1_101]
    scaled = garch.fit(values[:1_000] * 10)
    assert (scaled.alpha, scaled.beta) == pytest.approx((own.alpha, own.beta), rel=1e-3)
    assert own.forecast(later, 5_000)[-1] == pytest.approx(own.omega / (1 - own.alpha - own.beta), rel=0.05)


@pytest.mark.parametrize("values", [np.zeros(300), np.ones(10), np.array([np.nan] * 300)])
def test_too_few_returns_holes_and_constants_are_refused(values):
    with pytest.raises(CapstanError, match="250 daily returns"):
        garch.fit(values)
