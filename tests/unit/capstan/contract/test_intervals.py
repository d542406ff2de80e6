"""The paired interval against SciPy's."""

import numpy as np
import pytest

from capstan.contract.intervals import difference


def test_interval_of_a_difference_is_that_of_the_paired_t_test():
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(4)
    first, second = rng.normal(0.3, 1, 40), rng.normal(0, 1, 40)
    expected = ttest_rel(first, second).confidence_interval(0.95)
    interval = difference(first, second)
    assert (interval.mean, interval.low, interval.high) == pytest.approx(
        ((first - second).mean(), expected.low, expected.high)
    )
