"""The rank sum of days: exact, few false alarms however wild the days, and slower where days resemble each other."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from monitoring.checks import ranks


@pytest.mark.parametrize(("one", "two"), [(3, 20), (7, 15), (9, 9), (14, 90)])
def test_chance_is_scipys(one, two):
    chance = np.random.default_rng(0)
    for shift in (0, 0.5, 2):
        recent, reference = chance.normal(shift, size=one), chance.normal(size=two)
        expected = mannwhitneyu(recent, reference, alternative="greater", method="exact")
        assert ranks.tail(one, two)[int(expected.statistic)] == pytest.approx(expected.pvalue, rel=1e-9)
        [p_values] = ranks.p_values(reference, recent, [one])
        assert p_values[-1] == pytest.approx(expected.pvalue, rel=1e-9)


def test_smallest_chances_are_exact():
    from math import comb

    assert ranks.tail(28, 150)[-1] == pytest.approx(1 / comb(178, 28), rel=1e-9)
    assert ranks.tail(28, 150)[0] == pytest.approx(1)


def test_windows_and_looks_together_keep_the_level():
    """Also with very heavy tails the smallest probability, times what windows and looks count, is no less."""
    windows, looks, level, chance = (3, 7, 14), 21, 0.05, np.random.default_rng(0)
    times = ranks.effective_looks(80, windows, looks, level)
    least = []
    for _ in range(1_500):
        days = chance.standard_cauchy(80 + 13 + looks)
        least.append(np.nanmin(ranks.p_values(days[:80], days[80:], windows)[:, -looks:]) * times)
    share = np.mean(np.array(least) <= level)
    assert 0.025 <= share <= 0.065
    assert times < len(windows) * looks


def test_one_wild_day_is_one_day():
    reference, recent = np.random.default_rng(0).normal(size=100), np.random.default_rng(1).normal(size=14)
    wild = recent.copy()
    wild[-1] = 1e9
    p_values = ranks.p_values(reference, wild, [3, 7, 14])
    assert np.nanmin(p_values) > 0.001


def test_ties_are_no_evidence():
    p_values = ranks.p_values(np.zeros(100), np.zeros(10), [3, 7])
    assert np.nanmin(p_values) == 1


def test_days_without_a_score_are_passed_over():
    reference = np.random.default_rng(0).permutation(np.arange(50.0))
    recent = np.array([60, np.nan, 61, np.nan, 62])
    [p_values] = ranks.p_values(reference, recent, [3])
    assert np.isnan(p_values[:4]).all()
    assert p_values[4] == pytest.approx(ranks.tail(3, 50)[-1])


def test_days_that_resemble_the_day_before_count_for_less():
    chance = np.random.default_rng(0)
    walk = np.zeros(400)
    for day in range(1, 400):
        walk[day] = 0.8 * walk[day - 1] + chance.normal()
    assert ranks.autocorrelation(walk) == pytest.approx(0.8, abs=0.1)
    assert ranks.autocorrelation(chance.permutation(walk)) == 0
    assert ranks.effective_days(28, 0.8) <= 4
    assert ranks.effective_days(28, 0.0) == 28
