"""Conformal intervals against the binomial distribution, and by groups."""

import numpy as np
import pytest

from models.intervals.conformal import Conformal, quantile


def test_quantile_is_the_k_th_smallest():
    scores = np.arange(1.0, 100.0)  # 99 of them: k = ceil(100 * level)
    assert quantile(scores, 0.9) == 90 and quantile(scores, 0.05) == 5 and quantile(scores, 0.995) == np.inf


@pytest.mark.parametrize("rows", [40, 400])
def test_coverage_of_new_rows_is_at_least_what_is_promised(rows):
    """The mean over calibrations lies between the level and 2 / (n + 1) above it."""
    random, held = np.random.default_rng(0), []
    for _ in range(600):
        scale = random.uniform(0.5, 3, 2 * rows)
        errors = random.standard_t(3, 2 * rows) * scale
        fitted = Conformal(0.9).fit(errors[:rows], scale[:rows], np.zeros(rows))
        low, high = fitted.interval(np.zeros(rows), scale[rows:], np.zeros(rows))
        held.append(((errors[rows:] >= low) & (errors[rows:] <= high)).mean())
    assert 0.9 - 0.006 < np.mean(held) < 0.9 + 2 / (rows + 1) + 0.006


def test_each_group_has_its_own_width():
    random = np.random.default_rng(1)
    group = np.repeat([0, 3], 2_000)
    errors = random.normal(0, np.where(group == 0, 1.0, 4.0))
    fitted = Conformal(0.9).fit(errors, np.ones(4_000), group)
    assert fitted.multiples[0] == pytest.approx((-1.645, 1.645), abs=0.12)
    assert fitted.multiples[3] == pytest.approx((-6.58, 6.58), abs=0.5)
