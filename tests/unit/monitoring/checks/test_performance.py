"""Performance with intervals from days, by slice, and the same verdicts from a sample."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from capstan.contract.bounds import at_least, at_most
from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks import performance
from tests.unit.monitoring.checks.conftest import OUTCOME

CHECKS = Checks(slices=["origin"])
pytestmark = pytest.mark.slow


def by_name(checks):
    return {(check.name, check.signal): check for check in checks}


def test_metrics_are_shown_for_all_and_by_slice(after):
    checks = by_name(performance.performance(after, OUTCOME, CHECKS, {"roc_auc": at_least(0.8), "brier": at_most(0.2)}))
    assert {signal for _, signal in checks} == {"all", "origin = EWR", "origin = JFK", "origin = LGA"}
    every = checks["roc_auc", "all"]
    assert every.statistic == pytest.approx(roc_auc_score(after["late"], after["probability"]), abs=0.01)
    assert every.low < every.statistic < every.high and every.verdict == "ok"


def test_interval_holds_the_value_of_other_days(before, after):
    rows = performance.stratified(after, OUTCOME, CHECKS)
    days = rows["event_timestamp"].dt.floor("D").to_numpy()
    _, low, high = performance.interval(rows, days, OUTCOME, roc_auc_score, 0.05, 0)
    assert low - 0.01 < roc_auc_score(before["late"], before["probability"]) < high + 0.01
    _, narrow, wide = performance.interval(rows, np.arange(len(rows)), OUTCOME, roc_auc_score, 0.05, 0)
    assert high - low > 1.3 * (wide - narrow)  # rows that are taken to be independent promise too much


def test_worse_than_the_bound_alarms_in_the_slice_that_is(after):
    broken = after["late"].where(after["origin"] != "JFK", 1 - after["late"])
    checks = by_name(performance.performance(after.assign(late=broken), OUTCOME, CHECKS, {"roc_auc": at_least(0.8)}))
    assert checks["roc_auc", "origin = JFK"].verdict == "alarm"
    assert checks["roc_auc", "origin = EWR"].verdict == "ok"
    assert "at least 0.8" in checks["roc_auc", "origin = JFK"].message


def test_too_few_rows_are_insufficient(after):
    checks = performance.performance(after.head(100), OUTCOME, Checks(), {"roc_auc": at_least(0.99)})
    assert {check.verdict for check in checks} == {"insufficient"}


def test_metric_of_the_capstone(after):
    def recall(target, probability):
        return float((probability[target == 1] > 0.5).mean())

    checks = by_name(performance.performance(after, OUTCOME, Checks(), {"recall": at_least(0.99)}, {"recall": recall}))
    assert checks["recall", "all"].verdict == "alarm"


def test_sample_keeps_days_and_labels(after):
    sample = performance.stratified(after, OUTCOME, CHECKS, size=5_000)
    assert len(sample) == pytest.approx(5_000, rel=0.03)
    assert sample["event_timestamp"].dt.floor("D").nunique() == after["event_timestamp"].dt.floor("D").nunique()
    assert sample["late"].mean() == pytest.approx(after["late"].mean(), abs=0.003)


def test_missing_labels_say_what_to_do(after):
    with pytest.raises(CapstanError, match="Join the labels"):
        performance.performance(after.drop(columns="late"), OUTCOME, CHECKS)
