"""Counts of values: as often for nothing as promised, and found in as many rows as stated."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.checks import Checks
from monitoring.checks import counts, daily_counts

PER_DAY, DAYS = 30, 40
CHECKS = Checks(time=None, days_without_time=DAYS)


def rows(random: np.random.Generator, count: int, more: float = 0.0, uneven: float = 0.0) -> pd.DataFrame:
    """Return five numbers and a category. more: by which the first moves. uneven: how much the days differ."""
    numbers = random.standard_normal((count, 5))
    numbers[:, 0] += more
    numbers += np.repeat(random.normal(0, uneven, (-(-count // PER_DAY), 5)), PER_DAY, axis=0)[:count]
    kinds = random.choice(["red", "green", "blue", "rare"], count, p=[0.5, 0.3, 0.17, 0.03])
    return pd.DataFrame(numbers, columns=[f"number {place}" for place in range(5)]).assign(kind=kinds)


def checked(reference: pd.DataFrame, live: pd.DataFrame) -> list[counts.Check]:
    known = daily_counts.reference(reference, CHECKS)
    return counts.check(known, daily_counts.recent(live, CHECKS, known), CHECKS)


@pytest.mark.parametrize("uneven", [0.0, 0.3])
def test_it_alarms_for_nothing_in_at_most_one_case_of_twenty(uneven):
    random = np.random.default_rng(0)
    results = [
        checked(rows(random, PER_DAY * DAYS, uneven=uneven), rows(random, 420, uneven=uneven)) for _ in range(60)
    ]
    assert sum(check.verdict == "alarm" for [check, *_] in results) <= 3


def test_a_shift_that_few_rows_show_alarms():
    random = np.random.default_rng(1)
    found = checked(rows(random, PER_DAY * DAYS), rows(random, 150, more=0.7))
    assert [(check.name, check.signal, check.verdict) for check in found] == [("counts", "number 0", "alarm")]
    assert found[0].statistic == pytest.approx(0.7, abs=0.25) and found[0].p < 0.01


def test_a_category_that_comes_more_often_alarms():
    random = np.random.default_rng(2)
    live = rows(random, 300)
    live.loc[live.index[::4], "kind"] = "green"
    [check] = checked(rows(random, PER_DAY * DAYS), live)
    assert (check.signal, check.verdict) == ("kind", "alarm")


def test_shift_that_is_too_small_to_matter_is_no_alarm():
    random = np.random.default_rng(3)
    [check] = checked(rows(random, PER_DAY * DAYS), rows(random, 40_000, more=0.05))
    assert check.verdict == "ok" and "In 80% of all cases" in check.message


def test_days_that_differ_make_the_check_careful():
    random = np.random.default_rng(4)
    calm, wild = (
        checked(rows(random, PER_DAY * DAYS, uneven=uneven), rows(random, 150, more=0.5, uneven=uneven))[0].p
        for uneven in (0.0, 0.6)
    )
    assert calm < wild


def test_stated_rows_find_the_shift_in_four_of_five_cases():
    """The reference is long, as the figure takes it as known."""
    random, shift = np.random.default_rng(5), 0.2
    checks = Checks(time=None, days_without_time=1_000, windows=(3, 28), looks=1)
    known = daily_counts.reference(rows(random, PER_DAY * 1_000), checks)
    tests = 6 * counts.ranks.effective_looks(1_000, checks.windows, checks.looks, checks.false_alarms / 6)
    count = counts.rows_needed(1, tests, shift, "wasserstein", checks)
    found = []
    for _ in range(40):
        live = daily_counts.recent(rows(random, count, shift), checks, known)
        there = Checks(**(vars(checks) | {"windows": (3, len(live.days))}))
        found.append(
            any(check.signal == "number 0" and check.verdict == "alarm" for check in counts.check(known, live, there))
        )
    assert 0.65 <= np.mean(found) <= 0.95


def test_few_days_and_constant_signals_say_nothing():
    random = np.random.default_rng(6)
    assert checked(rows(random, PER_DAY * 10), rows(random, 300)) == []
    same = pd.DataFrame({"always": np.ones(PER_DAY * DAYS), "kind": "red"})
    assert checked(same, same.head(300)) == []
