"""A monitoring run reads the log once, and each of its parts gets the predictions that it would have read itself."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from capstan import catalogue
from capstan.settings import ROOT, settings
from monitoring import checks_run, drift_report, live_checks, references
from monitoring.live_log import LABELLED, LiveLog
from predictions import labelled, read
from tests.support import live

NOW, HOURS = datetime.now(UTC), 24 * 7
OPENED: list[str] = []  # segments of a write-ahead log


def _hear(event: str, arguments: tuple) -> None:
    if event == "open" and "/wal/" in str(arguments[0]):
        OPENED.append(str(arguments[0]))


sys.addaudithook(_hear)


@pytest.fixture
def task(home, monkeypatch) -> Iterator:
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(ROOT / "tests" / "capstones"))
    settings.cache_clear()
    live.write(home, 6_000, NOW)
    OPENED.clear()
    yield catalogue.load(live.NAME)
    settings.cache_clear()


@pytest.mark.slow
def test_report_performance_and_checks_share_one_pass(task):
    told: list[str] = []
    log = LiveLog(live.NAME, task, NOW, HOURS, told.append)
    against = references.reference(live.NAME, task, live.VERSION)
    report = drift_report.report_drift(live.NAME, HOURS, "run", version=live.VERSION, live_log=log)
    measured = live_checks.measured(task, against, log)
    snapshot = checks_run.look(live.NAME, task, against, NOW, measured, live_log=log)
    assert report.counts["predictions"] == 700 and report.page
    assert {check.name for check in measured} == {"mae", "calibration"}
    assert snapshot.predictions > 5_000 and {"drift", "contract", "mae"} <= {check.name for check in snapshot.checks}
    assert len(OPENED) == 1
    assert [stage.split()[0] for stage in told] == ["reading", "reporting", "reporting", "measuring", "checking"]


def test_each_part_gets_what_it_would_have_read_itself(task):
    log, since = LiveLog(live.NAME, task, NOW, HOURS), NOW - timedelta(hours=HOURS)
    same(log.recent(live.VERSION, by_prediction_time=False).rows, read(live.NAME, since))
    same(log.recent(live.VERSION).rows, labelled(live.NAME, since, NOW, NOW, also_unlabelled=True))
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    window = midnight - timedelta(days=56), midnight
    same(log.predicted(*window), labelled(live.NAME, *window, known_by=NOW, also_unlabelled=True))
    same(log.labelled(live.VERSION), labelled(live.NAME, NOW - LABELLED, NOW, known_by=NOW))


def test_an_answer_about_the_past_is_among_those_of_the_hours(task, home):
    """As of a replay: answered now, with a prediction time of long ago."""
    past = NOW - timedelta(days=400)
    live.write(home, 10, past, answered=NOW)
    log = LiveLog(live.NAME, task, NOW, HOURS)
    assert (log.recent(live.VERSION, by_prediction_time=False).rows["prediction_time"] <= past).sum() == 10
    assert (log.predicted(NOW - timedelta(days=57))["prediction_time"] > past).all()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert len(one) == len(other) > 100
    for column in other.columns.intersection(["prediction_id", "inputs", "prediction", "label"]):
        pd.testing.assert_series_equal(one[column], other[column])
