"""Checks of real days: calm where nothing changed, and clear about what did, since when, and what is too little."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks, SignalChecks
from capstan.errors import CapstanError
from monitoring.checks import daily_counts, verdicts
from monitoring.checks.result import alarms

FROM = pd.Timestamp("2013-06-18", tz="UTC")  # two weeks before the end


def changed(rows: pd.DataFrame, column: str, change) -> pd.DataFrame:
    """Return rows with a column changed from a day on."""
    return rows.assign(**{column: rows[column].where(rows["event_timestamp"] < FROM, change(rows[column]))})


def alarmed(reference, rows, checks: Checks | None = None):
    checks = checks or Checks()
    return alarms(verdicts.check(reference, daily_counts.recent(rows, checks, reference), checks))


def test_days_like_those_before_do_not_alarm(reference, after):
    checks = Checks()
    results = verdicts.check(reference, daily_counts.recent(after, checks, reference), checks)
    assert {check.verdict for check in results} == {"ok"}
    kinds = {"drift", "nulls", "new categories", "performance", "calibration", "counts", "labels"}
    assert {check.name for check in results} == kinds


@pytest.mark.parametrize(
    ("name", "column", "change"),
    [
        ("drift", "air_time", lambda column: column * 1.3),
        ("drift", "distance", lambda column: column * 1.609),
        ("new categories", "carrier", lambda column: column.mask(np.arange(len(column)) % 30 == 0, "ZZ")),
        ("nulls", "air_time", lambda column: column * np.nan),
        ("drift", "carrier", lambda column: column.replace("B6", "UA")),
        ("performance", "late", lambda column: column.mask(np.arange(len(column)) % 4 == 0, 1 - column)),
        ("calibration", "probability", lambda column: column * 0.5),
        ("labels", "probability", lambda column: column * 0.5),
    ],
)
def test_change_alarms_and_is_named(reference, after, name, column, change):
    results = alarmed(reference, changed(after, column, change))
    signal = "probability" if name in ("performance", "calibration", "labels") else column
    [alarm] = [check for check in results if (check.name, check.signal) == (name, signal)]
    assert alarm.p <= 0.05 and alarm.statistic >= alarm.threshold
    assert FROM - pd.Timedelta(days=14) <= pd.Timestamp(alarm.since, tz="UTC") <= FROM + pd.Timedelta(days=12)
    assert column in alarm.message or signal in alarm.message
    others = {check.signal for check in results} - {column, "probability", "late"}
    assert not others


def test_signal_that_was_always_zero_and_is_not_any_more_alarms(before, after):
    checks = Checks()
    reference = daily_counts.reference(before.assign(refused=0.0), checks)
    calm = daily_counts.recent(after.assign(refused=0.0), checks, reference)
    assert not alarms(verdicts.check(reference, calm, checks))
    found = alarmed(reference, changed(after.assign(refused=0.0), "refused", lambda column: column + 0.5))
    assert ("drift", "refused") in {(check.name, check.signal) for check in found}


def test_threshold_of_a_signal_is_the_capstones(reference, after):
    rows = changed(after, "air_time", lambda column: column * 1.3)
    assert alarmed(reference, rows)
    assert not alarmed(reference, rows, Checks(signals={"air_time": SignalChecks(threshold=5.0)}))


def test_a_small_change_does_not_matter_however_sure_it_is(reference, after):
    rows = changed(after, "distance", lambda column: column + 5)
    checks = Checks()
    [found] = [
        check
        for check in verdicts.check(reference, daily_counts.recent(rows, checks, reference), checks)
        if (check.name, check.signal) == ("drift", "distance")
    ]
    assert found.verdict == "ok" and found.statistic < found.threshold


def test_one_day_of_outage_does_not_alarm_and_three_do(reference, after):
    last = after["event_timestamp"].max().floor("D")
    for days, expected in ((1, False), (3, True)):
        gone = after["event_timestamp"] >= last - pd.Timedelta(days=days - 1)
        results = alarmed(reference, after.assign(air_time=after["air_time"].mask(gone)))
        assert bool(results) == expected


def test_without_labels_the_rest_is_checked(reference, after):
    rows = changed(after.drop(columns="late"), "carrier", lambda column: column.replace("B6", "ZZ"))
    results = alarmed(reference, rows)
    assert {check.signal for check in results} == {"carrier"}


def test_few_days_are_insufficient(reference, before, after):
    checks = Checks()
    two = after[after["event_timestamp"] >= after["event_timestamp"].max().floor("D") - pd.Timedelta(days=1)]
    results = verdicts.check(reference, daily_counts.recent(two, checks, reference), checks)
    assert {check.verdict for check in results} == {"insufficient"}
    small = daily_counts.reference(before[before["event_timestamp"] < "2013-01-04"], checks)
    results = verdicts.check(small, daily_counts.recent(after, checks, small), checks)
    assert {check.verdict for check in results} == {"insufficient"}
    assert "reference has too few days" in results[0].message


def test_without_times_parts_of_the_rows_take_the_place_of_days(before, after):
    checks = Checks(time=None)
    rows = pd.concat([before, after]).drop(columns="event_timestamp").sample(frac=1, random_state=0)
    shuffled = rows.iloc[: len(before)], rows.iloc[len(before) :]
    reference = daily_counts.reference(shuffled[0], checks)
    assert not alarmed(reference, shuffled[1], checks)
    results = alarmed(reference, shuffled[1].assign(air_time=shuffled[1]["air_time"] * 1.2), checks)
    assert {check.signal for check in results} == {"air_time"} and results[0].since is None


@pytest.mark.parametrize("kind", ["regression", "multiclass"])
def test_other_outcomes_have_an_error(before, after, kind):
    checks = Checks(ignore=["late", "probability"])
    outcome = Outcome(kind, target="target", prediction="predicted")

    def with_outcome(rows, noise):
        if kind == "regression":
            chance = np.random.default_rng(0)
            target = rows["distance"] / 8
            return rows.assign(target=target, predicted=target + noise * chance.normal(size=len(rows)))
        wrong = np.random.default_rng(0).random(len(rows)) < noise / 20
        return rows.assign(target=rows["origin"], predicted=rows["origin"].mask(wrong, "JFK"))

    reference = daily_counts.reference(with_outcome(before, 2.0), checks, outcome)
    assert not alarmed(reference, with_outcome(after, 2.0), checks)
    results = alarmed(reference, with_outcome(after, 4.0), checks)
    assert ("performance", "error of predicted") in {(check.name, check.signal) for check in results}


def test_parquet_and_frame_count_the_same(reference, before, tmp_path):
    path = tmp_path / "it's.parquet"
    before.to_parquet(path, index=False)
    again = daily_counts.reference(path, Checks(), reference.outcome)
    assert again.counts.keys() == reference.counts.keys()
    for name, counts in reference.counts.items():
        np.testing.assert_array_equal(again.counts[name], counts)
    assert before.groupby(before["event_timestamp"].dt.floor("D")).size().to_list() == reference.rows.tolist()
    assert int(reference.scored.sum()) == len(before)


def test_missing_time_says_what_to_do(before):
    with pytest.raises(CapstanError, match="set `time` of CHECKS"):
        daily_counts.reference(before.drop(columns="event_timestamp"), Checks())


def test_what_requests_may_leave_out_is_no_alarm_and_the_check_says_why(reference, after):
    checks, gone = Checks(), changed(after, "air_time", lambda column: column * np.nan)
    results = verdicts.check(reference, daily_counts.recent(gone, checks, reference), checks, {"air_time"})
    [found] = [check for check in results if (check.name, check.signal) == ("nulls", "air_time")]
    assert (found.verdict, found.why) == ("ok", "Requests may leave it out.") and found.statistic > found.threshold


def test_a_change_that_may_be_chance_is_ok_and_the_check_says_why(reference, after):
    rows = after.tail(len(after) // 16)  # few days
    checks = Checks(signals={"air_time": SignalChecks(threshold=0.0)})
    results = verdicts.check(reference, daily_counts.recent(rows, checks, reference), checks)
    [found] = [check for check in results if (check.name, check.signal) == ("drift", "air_time")]
    assert (found.verdict, found.why) == ("ok", "It may be random: p is above 0.05.")
    assert all(not check.why for check in results if check.verdict != "ok" or check.statistic < check.threshold)
