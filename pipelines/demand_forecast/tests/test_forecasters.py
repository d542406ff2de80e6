"""The forecasters that learn in seconds: better than the week ago, and none sees what it must not."""

import numpy as np
import pytest

from capstan.errors import CapstanError
from pipelines.demand_forecast import arima, measures
from pipelines.demand_forecast.alike import alike
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.windows import DAY, Windows, between

SETTINGS = {"ridge": {}, "arima": {"seasonal": (0, 0, 0, 0)}, "boosting": {"rounds": 60}}


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


@pytest.mark.parametrize(("order", "seasonal"), [((1, 0, 0), (1, 0, 0, DAY)), ((2, 0, 1), (1, 0, 1, DAY))])
def test_what_follows_a_process_is_what_statsmodels_says(past, order, seasonal):
    errors = past.demand[[10, 200]] - past.demand[[10, 200]].mean(axis=1, keepdims=True)
    model = arima.process(errors[0], order, seasonal)
    weights = {(1, 0, 0): [0.9, 0.4, 0.1], (2, 0, 1): [0.8, 0.1, 0.3, 0.5, 0.2, 0.1]}
    made = model.filter(weights[order])
    mean, deviation = arima.ahead(
        errors, made.polynomial_reduced_ar, made.polynomial_reduced_ma, made.params[-1] ** 0.5
    )
    for row, each in enumerate(errors):
        theirs = arima.process(each, order, seasonal).filter(made.params).get_forecast(DAY)
        assert mean[row] == pytest.approx(theirs.predicted_mean, abs=2e-3)
        assert deviation == pytest.approx(theirs.se_mean, rel=1e-2)


def test_days_alike_are_working_days_for_working_days(past):
    similar = alike(past)
    monday = int(np.flatnonzero(past.start.tz_convert("Etc/GMT-10").strftime("%F") == "2014-05-12")[0])
    assert (similar.age[monday] == 2).all()  # the Friday before
    assert (similar.demand[monday] == past.demand[monday].reshape(7, DAY)[4]).all()
    assert (similar.age[monday + 1] == 0).all() and (similar.age[monday + 5] == 5).all()  # a Tuesday, a Saturday


def test_an_unknown_forecaster_is_named():
    with pytest.raises(CapstanError, match=r"no forecaster 'prophet'. There are: seasonal_naive, alike_mean, ridge"):
        make("prophet")
