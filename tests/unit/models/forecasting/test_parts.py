"""Parts of forecasters against other implementations."""

import numpy as np
import pytest

from models.forecasting import arima
from models.forecasting.combination import choose
from models.forecasting.windows import DAY

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("order", "seasonal"), [((1, 0, 0), (1, 0, 0, DAY)), ((2, 0, 1), (1, 0, 1, DAY))])
def test_what_follows_a_process_is_what_statsmodels_says(order, seasonal):
    errors = np.cumsum(RNG.normal(0, 0.1, (2, 7 * DAY)), axis=1)
    errors -= errors.mean(axis=1, keepdims=True)
    model = arima.process(errors[0], order, seasonal)
    weights = {(1, 0, 0): [0.9, 0.4, 0.1], (2, 0, 1): [0.8, 0.1, 0.3, 0.5, 0.2, 0.1]}
    fitted = model.filter(weights[order])
    mean, deviation = arima.ahead(
        errors, fitted.polynomial_reduced_ar, fitted.polynomial_reduced_ma, fitted.params[-1] ** 0.5
    )
    for row, each in enumerate(errors):
        theirs = arima.process(each, order, seasonal).filter(fitted.params).get_forecast(DAY)
        assert mean[row] == pytest.approx(theirs.predicted_mean, abs=2e-3)
        assert deviation == pytest.approx(theirs.se_mean, rel=1e-2)


def test_weights_are_those_of_the_least_error():
    truth = RNG.normal(size=(20, DAY))
    found = choose(truth, {"exact": truth, "worse": truth + 1, "worst": truth - 5})
    assert found == {"exact": 10, "worse": 0, "worst": 0}
    assert choose(truth, {"above": truth + 1, "below": truth - 1}) == {"above": 5, "below": 5}
