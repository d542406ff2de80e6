"""Percentile intervals of the bootstrap, compared with SciPy's."""

import numpy as np
import pytest
from scipy import stats

from models.metrics import bootstrap

VALUES = np.random.default_rng(3).gamma(2, size=300)


@pytest.mark.parametrize("statistic", [np.mean, np.median, np.std])
def test_interval_is_that_of_scipy(statistic):
    low, high = bootstrap.interval([statistic(VALUES[sample]) for sample in bootstrap.samples(len(VALUES), 4_000)])
    known = stats.bootstrap((VALUES,), statistic, n_resamples=4_000, method="percentile", rng=0).confidence_interval
    width = known.high - known.low
    assert (low, high) == pytest.approx((known.low, known.high), abs=0.05 * width)


def test_intervals_of_several_statistics_stand_next_to_each_other():
    drawn = [(VALUES[sample].mean(), VALUES[sample].max()) for sample in bootstrap.samples(len(VALUES), 50, seed=1)]
    ends = bootstrap.interval(drawn, level=0.8)
    assert ends.shape == (2, 2) and ends[:, 0] == pytest.approx(np.quantile([mean for mean, _ in drawn], [0.1, 0.9]))
