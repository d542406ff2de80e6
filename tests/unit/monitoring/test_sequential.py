"""A test that may be looked at every day: few false findings over all looks, and true ones found."""

import numpy as np

from monitoring.sequential import daily_differences, look

LOOKS, REPEATS = 60, 600


def decisions(differences: np.ndarray) -> str:
    """Return what the first monitoring run says that does not wait."""
    for days in range(2, len(differences) + 1):
        if (decision := look(differences[:days]).decision) != "wait":
            return decision
    return "wait"


def share(wanted: set[str], mean: float, noise) -> float:
    chance = np.random.default_rng(0)
    return float(np.mean([decisions(mean + noise(chance)) in wanted for _ in range(REPEATS)]))


def normal(chance):
    return chance.normal(size=LOOKS)


def test_no_difference_is_rarely_decided_whatever_the_number_of_looks():
    assert share({"promote", "roll back"}, 0, normal) <= 0.05


def test_heavy_tails_do_not_mislead():
    assert share({"promote", "roll back"}, 0, lambda chance: chance.standard_t(3, size=LOOKS)) <= 0.05
    # Each of two equal models has skewed days; their difference has not.
    assert (
        share({"promote", "roll back"}, 0, lambda chance: np.diff(chance.exponential(size=(2, LOOKS)), axis=0)[0])
        <= 0.05
    )


def test_a_test_of_fixed_size_would_mislead():
    from scipy.stats import ttest_1samp

    many = np.random.default_rng(0).normal(size=(REPEATS, LOOKS))
    p = np.stack([ttest_1samp(many[:, :days], 0, axis=1).pvalue for days in range(2, LOOKS + 1)])
    assert (p.min(axis=0) < 0.05).mean() > 0.2


def test_a_difference_is_decided_and_in_the_right_direction():
    assert share({"promote"}, 0.8, normal) >= 0.95
    assert share({"roll back"}, -0.8, normal) >= 0.95


def test_the_interval_holds_the_mean_at_every_look():
    chance = np.random.default_rng(1)
    missed = []
    for _ in range(REPEATS):
        values = 2 + normal(chance)
        looks = [look(values[:days]) for days in range(2, LOOKS + 1)]
        missed.append(any(not each.low <= 2 <= each.high for each in looks))
        assert all((each.p <= 0.05) == (each.low >= 0 or each.high <= 0) for each in looks)
    assert np.mean(missed) <= 0.05


def test_a_tolerated_harm_promotes_what_is_hardly_worse():
    values = -0.01 + 0.05 * np.random.default_rng(2).normal(size=40)
    assert look(values, harm=0.1).decision == "promote"
    assert look(values - 0.3, harm=0.1).decision == "roll back"


def test_little_is_no_evidence():
    assert look(np.array([])).decision == "wait"
    assert look(np.array([0.5])).decision == "wait"
    assert look(np.array([0.5, 0.5, 0.5])).decision == "wait"  # as good as nothing is known about the days


def test_daily_differences_leave_out_days_with_too_few_rows():
    days = np.repeat([1, 2, 3], [100, 40, 100])
    canary = np.arange(len(days)) % 2 == 0
    gain = np.where(canary, 1.0, 0.25) * days
    assert daily_differences(days, canary, gain).tolist() == [0.75, 2.25]
