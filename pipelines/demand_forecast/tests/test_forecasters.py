"""The forecasters that learn in seconds: better than the week ago, and none sees what it must not."""

import numpy as np
import pytest

from capstan.errors import CapstanError
from models.forecasting import measures, responses
from models.forecasting.alike import alike
from models.forecasting.combination import Combination
from models.forecasting.measures import MIDDLE
from models.forecasting.ridge import Ridge
from models.forecasting.weather import Weather
from models.forecasting.windows import DAY, Windows, between
from pipelines.demand_forecast.forecasters import make

SETTINGS = {"ridge": {}, "curves": {}, "arima": {"seasonal": (0, 0, 0, 0)}, "boosting": {"rounds": 60}}


@pytest.fixture(scope="module", params=SETTINGS)
def fitted(request, past):
    """Return a forecaster of each kind and a month that it has not seen, without the temperature and with it."""
    some, rest = between(past, "2014-01-01", "2014-09-01"), between(past, "2014-09-01", "2014-10-01")
    settings = SETTINGS[request.param]
    return [(make(request.param, **settings).fit(a), b) for a, b in ((some.blind(), rest.blind()), (some, rest))]


def test_a_known_temperature_helps_and_is_better_than_a_week_ago(fitted):
    blind, known = (measures.score(rest, model.predict(rest))["mase"] for model, rest in fitted)
    assert known < min(blind, 0.95)


def test_quantiles_ascend_and_depend_on_what_is_known_alone(fitted):
    for model, rest in fitted:
        quantiles = model.predict(rest)
        assert quantiles.shape == (len(rest), DAY, 5) and (np.diff(quantiles, axis=-1) >= 0).all()
        without = Windows(**vars(rest) | {"target": None})
        assert np.array_equal(model.predict(without), quantiles)
        assert model.predict(without[[3]]) == pytest.approx(quantiles[[3]])


@pytest.mark.parametrize("curved", [0.0, 0.6])
def test_equal_weights_give_the_kernel_ridge_regression_of_scikit_learn(past, curved):
    """With errors that all count by their square and days that all count alike."""
    from sklearn.kernel_ridge import KernelRidge

    some, rest = past[:150], past[150:160]
    mine = Ridge(noise=0.2, curved=curved, width=2.0, half_life=1e9, small=1e9).fit(some).predict(rest)[..., MIDDLE]
    (rows, base), (new, its) = responses.inputs(some), responses.inputs(rest)
    change = some.truth - base
    for slot in (0, 20, 36):
        center, spread = rows[:, slot].mean(axis=0), rows[:, slot].std(axis=0) + 1e-9
        x, z = (rows[:, slot] - center) / spread, (new[:, slot] - center) / spread
        size, usual = x.shape[1], change[:, slot].mean()

        def kernel(a, b, size=size):
            return curved * np.exp(-((a - b) ** 2).sum() / (2 * size * 4.0)) + (1 - curved) * (a @ b) / size

        theirs = KernelRidge(alpha=0.2, kernel=kernel).fit(x, change[:, slot] - usual)
        assert mine[:, slot] == pytest.approx(its[:, slot] + usual + theirs.predict(z), abs=1e-6)


def test_an_error_of_a_day_left_out_is_that_of_a_fit_without_it(past):
    some = past[:60]
    rows, base = responses.inputs(some)
    ridge = Ridge(small=1e9, half_life=1e9)
    usual, weights, _ = ridge._line(rows[:, 30], (some.truth - base)[:, 30], np.ones(60))
    kernel = ridge._kernel(rows[:, 30], rows[:, 30]) + ridge.noise * np.eye(60)
    change, kept = (some.truth - base)[:, 30] - usual, np.arange(60) != 7
    without = kernel[7, kept] @ np.linalg.solve(kernel[np.ix_(kept, kept)], change[kept])
    assert weights[7] / np.linalg.inv(kernel)[7, 7] == pytest.approx(change[7] - without)


def test_the_expected_temperature_is_better_than_that_of_the_day_before_and_needs_no_day(past):
    some, rest = between(past, "2014-01-01", "2014-07-01").blind(), between(past, "2014-07-01", "2014-10-01")
    expected = Weather().fit(some).predict(rest.blind())
    assert np.abs(expected - rest.ahead).mean() < 0.9 * np.abs(rest.temperature[:, -DAY:] - rest.ahead).mean()


def test_weights_settle_which_members_are_fitted(past):
    members = {"ridge": make("ridge"), "alike_mean": make("alike_mean")}
    only = Combination(members, {"known": {"ridge": 10, "alike_mean": 0}}).fit(past[:60])
    assert set(only.members) == {"ridge"}
    assert only.predict(past[60:62]) == pytest.approx(make("ridge").fit(past[:60]).predict(past[60:62]))


def test_days_alike_are_working_days_for_working_days(past):
    similar = alike(past)
    monday = int(np.flatnonzero(past.start.tz_convert("Etc/GMT-10").strftime("%F") == "2014-05-12")[0])
    assert (similar.age[monday] == 2).all()  # the Friday before
    assert (similar.demand[monday] == past.demand[monday].reshape(7, DAY)[4]).all()
    assert (similar.age[monday + 1] == 0).all() and (similar.age[monday + 5] == 5).all()  # a Tuesday, a Saturday


def test_an_unknown_forecaster_is_named():
    with pytest.raises(
        CapstanError, match=r"no forecaster 'prophet'. There are: seasonal_naive, alike_mean, ridge, curves"
    ):
        make("prophet")
