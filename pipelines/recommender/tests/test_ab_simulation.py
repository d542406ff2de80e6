"""The simulated A/B test: its statistics, its clicks, and the platform's split."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from pipelines.recommender.studies.ab import study as ab

PEOPLE = list(range(2_000))


def test_two_proportions_are_the_chi_squared_test():
    rng = np.random.default_rng(0)
    first, second = rng.random(400) < 0.3, rng.random(300) < 0.4
    table = [[group.sum(), len(group) - group.sum()] for group in (first, second)]
    difference, p = ab.two_proportions(first, second)
    assert p == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    assert difference == pytest.approx(second.mean() - first.mean())
    assert ab.two_proportions(np.zeros(5), np.zeros(5)) == (0, 1)


def test_the_first_place_is_always_seen_and_later_ones_less_often():
    rng, ranked = np.random.default_rng(0), np.tile(np.arange(10), (4_000, 1))
    rates = [ab.clicks(ranked, [np.array([place])] * 4_000, rng).mean() for place in (0, 1, 5, 11)]
    assert rates == pytest.approx([1, ab.LOOKS, ab.LOOKS**5, 0], abs=0.03)


def test_the_split_is_that_of_the_endpoint_and_stable():
    rng = np.random.default_rng(1)
    clicked = rng.random(2_000) < 0.3
    result = ab.experiment(clicked, clicked, PEOPLE, 20)
    assert result["challenger_people"] == pytest.approx(400, abs=60)
    assert result == ab.experiment(clicked, clicked, PEOPLE, 20)
    assert result != ab.experiment(clicked, clicked, PEOPLE, 20, salt="#1")


def test_a_better_ranking_is_found_and_an_equal_one_rarely_is():
    rng, people = np.random.default_rng(2), PEOPLE[:600]
    wanted = [rng.choice(100, 5, replace=False) for _ in people]
    worse = np.stack([rng.permutation(100)[:10] for _ in people])
    better = np.stack([[held[0], *row[:9]] for held, row in zip(wanted, worse, strict=True)])
    result = ab.simulate((worse, better), wanted, people, 50, repeats=50)
    assert result["power"] == 1 and result["false_positives"] <= 0.12
    assert result["experiment"]["p"] < 1e-6 and result["experiment"]["difference"] > 0.3
