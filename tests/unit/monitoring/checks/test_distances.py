"""Distances from counts are those that Evidently computes from all rows, and so are their verdicts."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from capstan.contract.checks import Checks
from monitoring.checks import daily_counts
from monitoring.checks.distances import distance

NUMBERS, CATEGORIES = ["distance", "air_time", "dep_delay", "probability"], ["carrier", "origin"]


def evidently(method: str, reference: pd.Series, current: pd.Series) -> float:
    from evidently.legacy.calculations.stattests import jensenshannon_stat_test, wasserstein_stat_test
    from evidently.legacy.calculations.stattests.registry import get_stattest
    from evidently.legacy.core import ColumnType

    kind = ColumnType.Numerical if method == "wasserstein" else ColumnType.Categorical
    known = {"wasserstein": wasserstein_stat_test, "jensenshannon": jensenshannon_stat_test}[method]
    test = get_stattest(reference, current, kind, known)
    return float(test(reference.dropna(), current.dropna(), kind, 0.1).drift_score)


def ours(reference: daily_counts.DailyCounts, column: str, method: str, rows: pd.DataFrame) -> float:
    total = daily_counts.recent(rows, Checks(), reference).total()
    return float(distance(reference.grids[column], method, total.counts[column], reference.total().counts[column])[0])


def week(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    start = rows["event_timestamp"].min().floor("D") + pd.Timedelta(days=7 * number)
    return rows[(rows["event_timestamp"] >= start) & (rows["event_timestamp"] < start + pd.Timedelta(days=7))]


@pytest.mark.slow
def test_twenty_verdicts_are_those_of_all_rows(reference, before, after):
    """Half of the cases are 5 % below or above the threshold. The verdict of the counts is that of all rows."""
    cases = []
    for number in range(5):
        rows = week(after, number)
        for column in ("air_time", "carrier"):
            method = "wasserstein" if column in NUMBERS else "jensenshannon"
            cases.append((rows, column, method, 0.1))  # as they came
            moved = _moved(rows, column, 1 + 0.1 * (number + 1))
            near = evidently(method, before[column], moved[column])
            cases.append((moved, column, method, near * (1.05 if number % 2 else 0.95)))
    assert len(cases) == 20
    verdicts = [ours(reference, column, method, rows) > limit for rows, column, method, limit in cases]
    exact = [evidently(method, before[column], rows[column]) > limit for rows, column, method, limit in cases]
    assert verdicts == exact
    assert 0 < sum(exact) < 20


def _moved(rows: pd.DataFrame, column: str, factor: float) -> pd.DataFrame:
    if column in NUMBERS:
        return rows.assign(**{column: rows[column] * factor})
    hit = np.random.default_rng(0).random(len(rows)) < (factor - 1) / 2
    return rows.assign(**{column: rows[column].mask(hit, "UA")})


@pytest.mark.parametrize("column", NUMBERS)
@pytest.mark.parametrize("factor", [1.0, 1.3, 0.03])
def test_wasserstein_is_evidentlys(reference, before, after, column, factor):
    rows = after.assign(**{column: after[column] * factor})
    exact = evidently("wasserstein", before[column], rows[column])
    assert ours(reference, column, "wasserstein", rows) == pytest.approx(exact, rel=0.1, abs=0.002)


@pytest.mark.parametrize("column", CATEGORIES)
def test_jensen_shannon_is_evidentlys(reference, before, after, column):
    rows = after[after["distance"] > 1_000]
    exact = evidently("jensenshannon", before[column], rows[column])
    assert ours(reference, column, "jensenshannon", rows) == pytest.approx(exact, rel=1e-6)


def test_kolmogorov_smirnov_is_scipys(reference, before, after):
    rows = after[after["distance"] > 500]
    exact = ks_2samp(before["air_time"], rows["air_time"]).statistic
    assert ours(reference, "air_time", "ks", rows) == pytest.approx(exact, abs=0.01)


def test_population_stability_grows_with_the_shift(reference, after):
    same = ours(reference, "distance", "psi", after)
    moved = ours(reference, "distance", "psi", after[after["distance"] > 500])
    assert same < 0.02 and moved > 0.25  # the usual reading: below 0.1 is stable, above 0.25 is not


def test_nothing_has_no_distance(reference, after):
    assert np.isnan(ours(reference, "air_time", "wasserstein", after.assign(air_time=np.nan)))
