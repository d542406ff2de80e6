"""Weibull lives against SciPy and statsmodels, and the distance of first cycles against scikit-learn."""

import numpy as np
import pytest
from scipy.stats import CensoredData, weibull_min
from sklearn.covariance import EmpiricalCovariance

from models.survival.weibull import Weibull
from pipelines.maintenance import data
from pipelines.maintenance.state import State
from pipelines.maintenance.studies.survival.early import RIDGE, Early


@pytest.fixture(scope="module")
def lives(one, held) -> tuple[np.ndarray, np.ndarray]:
    """Lives that ended, and lives that go on."""
    past = data.engines(one[0]["cycles"])
    time = np.array([float(engine.cycle[-1]) for engine in [*past, *held]])
    return time, np.repeat([1.0, 0.0], [len(past), len(held)])


def test_weibull_is_that_of_scipy_where_lives_are_censored(lives):
    time, event = lives
    model = Weibull().fit(np.empty((len(time), 0)), time, event, np.zeros(len(time)))
    known = CensoredData(uncensored=time[event == 1], right=time[event == 0])
    shape, _, scale = weibull_min.fit(known, floc=0)
    assert model.shape == pytest.approx(shape, rel=1e-3)
    assert model.scale(np.empty((1, 0)))[0] == pytest.approx(scale, rel=1e-3)


def test_weibull_finds_what_was_planted_with_delayed_entry():
    random = np.random.default_rng(0)
    x = random.normal(size=(8_000, 2))
    time = np.exp(5 + x @ [0.3, -0.2]) * random.weibull(4, 8_000)
    entered = time > 60
    end = np.minimum(time, 250)
    model = Weibull().fit(x[entered], end[entered], (time < 250)[entered].astype(float), np.full(entered.sum(), 60.0))
    assert model.shape == pytest.approx(4, rel=0.05)
    assert [model.intercept, *model.weights] == pytest.approx([5, 0.3, -0.2], abs=0.02)
    later = time > 100
    medians = model.median(x[later], np.full(later.sum(), 100.0))
    assert np.mean(time[later] > medians) == pytest.approx(0.5, abs=0.02)


def test_first_cycles_are_as_far_as_mahalanobis_says(one):
    engines = data.engines(one[0]["cycles"])
    state = State().fit(engines)
    means = Early.means(state, engines)
    reference = EmpiricalCovariance().fit(means)
    early = Early().fit(state, engines)
    inverse = early.inverse
    assert np.linalg.inv(inverse) == pytest.approx(
        np.cov(means.T) + RIDGE * np.trace(np.cov(means.T)) / len(inverse) * np.eye(len(inverse))
    )
    assert np.corrcoef(early.score(state, engines), reference.mahalanobis(means))[0, 1] > 0.98
