"""Challenger and champion on the same rows: DeLong's test next to a bootstrap, power, and what too few labels mean."""

import numpy as np
import pytest

from capstan.errors import CapstanError
from monitoring.comparison import compare, compare_losses, sample_size


def rows(count: int, better: float = 0.0, seed: int = 0):
    """Return targets and the scores of two models that err alike, one of which may see more of the truth."""
    chance = np.random.default_rng(seed)
    target = (chance.random(count) < 0.25).astype(int)
    shared = chance.normal(size=count)
    champion = target + shared + 0.3 * chance.normal(size=count)
    challenger = (1 + better) * target + shared + 0.3 * chance.normal(size=count)
    return target, champion, challenger


def bootstrap_error(target, champion, challenger, repeats=200) -> float:
    from sklearn.metrics import roc_auc_score

    chance, differences = np.random.default_rng(1), []
    for _ in range(repeats):
        sample = chance.integers(len(target), size=len(target))
        differences.append(
            roc_auc_score(target[sample], challenger[sample]) - roc_auc_score(target[sample], champion[sample])
        )
    return float(np.std(differences))


def test_error_is_that_of_a_paired_bootstrap():
    data = rows(2_000, better=0.1)
    comparison = compare(*data)
    width = (comparison.high - comparison.low) / 2 / 1.96
    assert width == pytest.approx(bootstrap_error(*data), rel=0.15)


def test_error_is_delongs():
    """The variance by DeLong's own formula, over all pairs of rows."""
    target, champion, challenger = rows(300, better=0.1)
    parts = []
    for scores in (champion, challenger):
        pairs = scores[target == 1][:, None] > scores[target == 0][None, :]
        parts.append((pairs.mean(axis=1), pairs.mean(axis=0)))
    positive, negative = (parts[1][side] - parts[0][side] for side in (0, 1))
    error = np.sqrt(positive.var() / len(positive) + negative.var() / len(negative))
    comparison = compare(target, champion, challenger)
    assert (comparison.high - comparison.low) / 2 / 1.959964 == pytest.approx(error, rel=1e-6)


def test_equal_models_rarely_differ():
    wrong = [compare(*rows(1_000, seed=seed)).verdict in ("better", "worse") for seed in range(600)]
    assert np.mean(wrong) <= 0.07  # 5 %, and two standard errors of 600 repeats


def test_needed_rows_have_the_power_that_they_promise():
    """A difference of twice the one found on many rows is found in 80 % of samples of the size that it needs."""
    many = compare(*rows(200_000, better=0.06))
    needed = sample_size((many.high - many.low) / 2 / 1.959964 * np.sqrt(many.rows), difference=many.difference)
    wins = [compare(*rows(needed, better=0.06, seed=seed)).verdict == "better" for seed in range(1, 401)]
    assert np.mean(wins) == pytest.approx(0.8, abs=0.06)


def test_too_few_labels_mean_wait_and_many_mean_no_difference():
    few, many = compare(*rows(400)), compare(*rows(40_000))
    assert few.verdict == "wait" and f"needs {few.needed:,}" in few.message and few.needed > 400
    assert many.verdict == "no difference" and many.needed < 40_000


def test_better_and_worse():
    target, champion, challenger = rows(5_000, better=0.5)
    assert compare(target, champion, challenger).verdict == "better"
    assert compare(target, challenger, champion).verdict == "worse"


def test_same_scores_do_not_differ():
    target, champion, _ = rows(1_000)
    comparison = compare(target, champion, champion)
    assert (comparison.verdict, comparison.p, comparison.difference) == ("no difference", 1.0, 0.0)


def test_rows_that_are_alike_within_a_day_count_for_less():
    chance = np.random.default_rng(0)
    days = np.repeat(np.arange(50), 40)
    target, champion, challenger = rows(2_000)
    moved = challenger + (chance.normal(size=50)[days] * (target - 0.5))  # good days and bad ones
    alone, by_day = compare(target, champion, moved), compare(target, champion, moved, days)
    assert by_day.high - by_day.low > 1.5 * (alone.high - alone.low)
    assert by_day.difference == alone.difference


def test_one_class_is_an_error():
    with pytest.raises(CapstanError, match="two rows or more of each class"):
        compare(np.ones(10), np.arange(10.0), np.arange(10.0))


def losses(days: int, gain: float = 0.0, seed: int = 0):
    """Return the losses of champion and challenger on ten rows a day, alike within a day, and the days."""
    chance = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), 10)
    champion = 1 + chance.normal(size=days)[day] ** 2 + 0.1 * chance.normal(size=len(day))
    challenger = champion - gain + 0.2 * chance.normal(size=days)[day] + 0.1 * chance.normal(size=len(day))
    return champion, challenger, day


def test_equal_losses_rarely_differ_also_on_few_days():
    for days in (5, 30):
        wrong = [compare_losses(*losses(days, seed=seed)).verdict in ("better", "worse") for seed in range(600)]
        assert np.mean(wrong) <= 0.07  # 5 %, and two standard errors of 600 repeats


def test_error_of_losses_is_that_of_the_paired_test_of_the_days_means():
    from scipy.stats import ttest_1samp

    champion, challenger, days = losses(20, gain=0.1)
    comparison = compare_losses(champion, challenger, days)
    means = np.array([(challenger - champion)[days == day].mean() for day in range(20)])
    wanted = ttest_1samp(means, 0)
    assert comparison.p == pytest.approx(wanted.pvalue)
    assert (comparison.low, comparison.high) == pytest.approx(tuple(wanted.confidence_interval(0.95)))


def test_a_lower_loss_is_better():
    champion, challenger, days = losses(30, gain=0.5)
    comparison = compare_losses(champion, challenger, days, name="pinball loss")
    assert (comparison.verdict, comparison.difference < 0) == ("better", True) and "pinball loss" in comparison.message
    assert compare_losses(challenger, champion, days).verdict == "worse"


def test_few_days_of_losses_mean_wait_and_one_day_is_an_error():
    champion, challenger, days = losses(4)
    assert compare_losses(champion, challenger, days, difference=0.001).verdict == "wait"
    assert compare_losses(*losses(400), difference=1.0).verdict == "no difference"
    with pytest.raises(CapstanError, match="two days or more"):
        compare_losses(champion[:10], challenger[:10], days[:10])
