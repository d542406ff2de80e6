"""Measures against other implementations, and calibration that covers what it promises."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from models.forecasting import conformal, measures
from models.forecasting.seasonal_naive import SeasonalNaive
from models.forecasting.windows import LEVELS, Windows, between
from models.forecasting.windows import weeks as weeks_of
from models.metrics import regression
from pipelines.demand_forecast.forecasters import make


@pytest.fixture(scope="module")
def split(past):
    return between(past, "2014-01-01", "2014-07-01"), between(past, "2014-07-01", "2014-10-01")


def test_pinball_loss_is_that_of_scikit_learn(split):
    quantiles = SeasonalNaive().fit(split[0]).predict(split[1])
    losses = [
        mean_pinball_loss(split[1].target.ravel(), quantiles[..., place].ravel(), alpha=level)
        for place, level in enumerate(LEVELS)
    ]
    assert regression.pinball(split[1].target, quantiles, LEVELS) == pytest.approx(np.mean(losses))


def test_the_seasonal_naive_has_a_mase_of_one(split):
    quantiles = SeasonalNaive().fit(split[0]).predict(split[1])
    assert measures.score(split[1], quantiles)["mase"] == pytest.approx(1)


def test_calibrated_quantiles_cover_what_they_were_made_of_and_keep_the_median(split):
    narrow = make("ridge").fit(split[0]).predict(split[1])
    narrow = narrow[..., [measures.MIDDLE]] + 0.2 * (narrow - narrow[..., [measures.MIDDLE]])
    assert regression.coverage(split[1].target, narrow) < 0.4
    rows = np.arange(len(split[1]))
    wide = conformal.calibrate(split[1], narrow, *conformal.learn(split[1], rows, narrow))
    below = (split[1].target[..., None] <= wide).mean(axis=(0, 1))
    assert below[[0, 1, 3, 4]] == pytest.approx([0.1, 0.3, 0.7, 0.9], abs=0.01)
    assert (wide[..., measures.MIDDLE] == narrow[..., measures.MIDDLE]).all() and (np.diff(wide) >= 0).all()


def test_the_error_to_expect_is_larger_on_a_hot_day_and_at_the_peak_than_on_a_mild_night(past):
    """By what is known alone: the demand of the day is taken away."""
    rows, forecast = conformal.unseen(lambda: make("ridge"), past)
    spread, _ = conformal.learn(past, rows, forecast)
    known = Windows(**vars(past[rows]) | {"target": None})
    expected, hot = spread.predict(known, forecast), measures.hottest(known)
    assert expected[hot].mean() > 2 * expected.mean()
    assert expected[:, 34:38].mean() > 1.5 * expected[:, 4:8].mean()


def test_every_day_is_held_out_once_and_weeks_stay_together(past):
    weeks = weeks_of(past)
    assert (
        set(np.diff(weeks)) == {0, 1}
        and (past.start.tz_convert("Etc/GMT-10")[1:][np.diff(weeks) == 1].dayofweek == 0).all()
    )
