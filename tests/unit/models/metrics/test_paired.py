"""The paired bootstrap against intervals that are known."""

import numpy as np
import pytest

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from models.metrics import paired


def test_bootstrap_tells_a_difference_from_noise():
    rng = np.random.default_rng(2)
    scores = rng.random(300)
    better = paired.bootstrap(scores + 0.05 + 0.1 * rng.standard_normal(300), scores)
    assert better["low"] > 0.03 and better["high"] < 0.07 and better["p"] == 0
    same = paired.bootstrap(scores + 0.1 * rng.standard_normal(300), scores)
    assert same["low"] < 0 < same["high"]


def test_interval_is_that_of_the_normal_distribution_where_it_holds():
    rng = np.random.default_rng(3)
    difference = rng.normal(0.1, 1.0, 2_000)
    interval = paired.bootstrap(difference, np.zeros(2_000))
    error = difference.std() / np.sqrt(2_000)
    assert interval["low"] == pytest.approx(difference.mean() - 1.96 * error, abs=0.1 * error)
    assert interval["high"] == pytest.approx(difference.mean() + 1.96 * error, abs=0.1 * error)


@pytest.fixture
def days():
    """Two scores of the same rows, which come in 60 days. A day has its own level, so its rows are not independent."""
    rng = np.random.default_rng(5)
    day = np.sort(rng.integers(60, size=4_000))
    level = rng.normal(0, 1, 60)[day]
    target = (rng.random(4_000) < 1 / (1 + np.exp(-level))).astype(float)
    better = target + rng.normal(0, 1, 4_000) + level
    return day, target, better, target + rng.normal(0, 1.5, 4_000)


def test_values_of_roc_auc_have_its_mean_and_the_interval_of_a_bootstrap_of_days(days):
    from sklearn.metrics import roc_auc_score

    day, target, better, worse = days
    values = [paired.by_unit(roc_auc(target, score), day) for score in (better, worse)]
    assert values[0].shape == (60,)
    assert [each.mean() for each in values] == pytest.approx([roc_auc_score(target, s) for s in (better, worse)])
    rng, drawn = np.random.default_rng(6), []
    rows_of = [np.flatnonzero(day == number) for number in range(60)]
    for _ in range(500):
        rows = np.concatenate([rows_of[number] for number in rng.integers(60, size=60)])
        drawn.append(roc_auc_score(target[rows], better[rows]) - roc_auc_score(target[rows], worse[rows]))
    interval, (low, high) = difference(*values), np.quantile(drawn, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.15 * (high - low))


def test_values_of_a_ratio_have_its_value_and_the_interval_of_a_bootstrap():
    rng = np.random.default_rng(7)
    below = rng.gamma(4, 1, 200)
    above = 0.7 * below + rng.normal(0, 0.3, 200)
    values = paired.ratio(above, below)
    assert values.mean() == pytest.approx(above.mean() / below.mean())
    rows = rng.integers(200, size=(2_000, 200))
    drawn = above[rows].mean(axis=1) / below[rows].mean(axis=1)
    assert values.std() / np.sqrt(200) == pytest.approx(drawn.std(), rel=0.1)


def test_values_of_a_correlation_have_its_mean_and_its_known_error():
    rng = np.random.default_rng(4)
    first = rng.normal(size=4_000)
    second = first + rng.normal(size=4_000)
    values = paired.correlation(first, second)
    r = np.corrcoef(first, second)[0, 1]
    assert values.mean() == pytest.approx(r)
    assert values.std() / np.sqrt(4_000) == pytest.approx((1 - r**2) / np.sqrt(4_000), rel=0.05)  # of normal values
