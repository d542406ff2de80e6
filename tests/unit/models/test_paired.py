"""The paired bootstrap against intervals that are known."""

import numpy as np
import pytest

from models import paired


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
    made = paired.bootstrap(difference, np.zeros(2_000))
    error = difference.std() / np.sqrt(2_000)
    assert made["low"] == pytest.approx(difference.mean() - 1.96 * error, abs=0.1 * error)
    assert made["high"] == pytest.approx(difference.mean() + 1.96 * error, abs=0.1 * error)
