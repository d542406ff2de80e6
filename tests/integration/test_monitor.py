"""`capstan monitor` on what the endpoint answered: the same flights as the test data, then others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
from selenium.webdriver import Chrome

from capstan.data import storage as storages
from capstan.settings import settings
from monitoring import signals
from pipelines.flight_delay import task
from predictions import read
from tests.integration.browser import Page, chromium
from tests.integration.conftest import capstan

# All share the stack of `road`, which is stopped at the end: without one, a command starts its own server.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("road")]
FLIGHTS = 400


@pytest.fixture(scope="module")
def reference(road) -> pd.DataFrame:
    """The signals that live predictions are compared with."""
    rows = signals.read_reference(storages.Folder(settings().home), "flight_delay", road["version"])
    assert rows is not None
    return rows


def ask(url: str, rows: pd.DataFrame) -> list[str]:
    """Send flights to the endpoint; return the ids of the predictions."""
    reply = httpx.post(f"{url}/v1/models/flight_delay:predict", json={"instances": task.requests(rows)}, timeout=60)
    assert reply.is_success, reply.text
    return [answer["prediction_id"] for answer in reply.json()["predictions"]]


def look(*options: str) -> dict:
    done = capstan("monitor", "flight_delay", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alerts() -> list[dict]:
    """Return every alert of the capstone that the history has."""
    return json.loads(capstan("history", "flight_delay", "--json", "--kind", "alert").stdout)


def flights(road, origin: str, count: int = FLIGHTS, before: str = "2014") -> pd.DataFrame:
    """Return flights of the training set from one airport, the last ones before a day."""
    rows = pd.read_parquet(road["training_set"])
    return rows[(rows["origin"] == origin) & (rows["event_timestamp"] < pd.Timestamp(before, tz="UTC"))].tail(count)


def test_reference_holds_test_flights_the_model_had_not_seen(reference, road):
    assert set(reference) == {*task.INPUTS, "probability", "late", "event_timestamp"}
    assert len(reference) == signals.SAMPLE_ROWS < road["rows"]["test_flights"]


def test_flights_from_one_airport_alone_are_drift(up, road, reference):
    before = look()["live"]["predictions"]
    ask(up["endpoint"]["url"], flights(road, "JFK"))
    summary = look()
    assert summary["live"]["predictions"] == before + FLIGHTS
    # The probability, too. Nobody knows the label yet. Of these flights none has gusts, for their weather is too old;
    # others that were asked for on this stack may have.
    gusts = any(features["wind_gust"] is not None for features in read("flight_delay")["features"])
    assert summary["live"]["columns"] == len(task.INPUTS) + gusts
    assert summary["live"]["drifted"] >= 1
    page = Path(summary["live_report"]).read_text()
    assert "origin" in page and "probability" in page
    [project] = httpx.get(f"{up['evidently']['url']}/api/projects").json()
    snapshots = httpx.get(f"{up['evidently']['url']}/api/projects/{project['id']}/reports").json()
    assert [snapshot for snapshot in snapshots if snapshot["name"].startswith(f"live, version {road['version']}, run ")]


@pytest.fixture(scope="module")
def december(up, road) -> pd.DataFrame:
    """A week and more of flights from one airport, asked for, with their ids, and then labelled.

    They end before the days for which other tests ask, whose flights are from other airports.
    """
    rows = flights(road, "LGA", 3_000, before="2013-12-28").reset_index(drop=True)
    parts = [rows.iloc[start : start + 1_000] for start in range(0, len(rows), 1_000)]
    rows["prediction_id"] = [id_ for part in parts for id_ in ask(up["endpoint"]["url"], part)]
    known = (rows["event_timestamp"] + pd.Timedelta(hours=12)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    columns = {"prediction_id": rows["prediction_id"], "label": rows["late"].astype(bool), "known_at": known}
    actuals = pd.DataFrame(columns).to_dict("records")
    for start in range(0, len(actuals), 1_000):
        part = {"actuals": actuals[start : start + 1_000]}
        httpx.post(f"{up['endpoint']['url']}/v2/models/flight_delay/actuals", json=part, timeout=60).raise_for_status()
    return rows


@pytest.mark.rotating
def test_checks_as_of_an_instant_alert_once_and_report_the_performance(december, up, road):
    end = december["event_timestamp"].max().ceil("D") + pd.Timedelta(days=1)
    options = ("--as-of", end.isoformat(), "--hours", "336")
    earlier = alerts()  # of other tests on this stack: one that still holds does not alert again
    live = look(*options)["live"]
    assert live["predictions"] >= len(december) and 3 <= live["alarms"] < live["checks"]
    known = alerts()
    new = [event for event in known if event not in earlier]
    assert new and all((event["at"], event["by"]) == (end.isoformat(), "monitoring") for event in new)
    grouped = [name for event in new for name in event["evidence"]["checks"]]
    assert len(new) < len(grouped) <= live["alarms"]
    assert any(event["reason"].startswith("roc_auc, all") for event in new)  # only these flights have labels
    assert look(*options)["live"] == live
    assert alerts() == known
    [project] = httpx.get(f"{up['evidently']['url']}/api/projects").json()
    reports = httpx.get(f"{up['evidently']['url']}/api/projects/{project['id']}/reports").json()
    [timed] = [
        report for report in reports if report["name"].startswith(f"performance, version {road['version']}, run ")
    ][:1]
    assert pd.Timestamp(timed["timestamp"]) == end.to_pydatetime().astimezone().replace(tzinfo=None)


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.mark.rotating
def test_dashboard_shows_quality_drift_and_performance_over_time(december, up, browser):
    """After looks at several days, next to the report of the training."""
    for days in (2, 1):
        end = december["event_timestamp"].max().ceil("D") - pd.Timedelta(days=days)
        look("--as-of", end.isoformat(), "--hours", "336")
    [project] = httpx.get(f"{up['evidently']['url']}/api/projects").json()
    page = Page(browser, up["evidently"]["url"], path=f"/projects/{project['id']}")
    for title in ("Share of drifted columns", "Missing values per row", "ROC AUC"):
        page.wait("body", title)
    page.wait("svg text", f"{december['event_timestamp'].max():%Y-}")  # of the axis: prediction times, not now
    assert len(page.texts("svg rect")) >= 2 * 3  # a bar of each monitoring run in each panel
    assert page.problems() == []


@pytest.mark.rotating
def test_trace_leads_from_a_prediction_to_version_run_and_data(december, road):
    row = december.iloc[0]
    done = capstan("trace", "flight_delay", row["prediction_id"], "--json")
    assert done.returncode == 0, done.stderr
    origin = json.loads(done.stdout)
    assert (origin["version"], origin["variant"]) == (road["version"], "champion")
    assert origin["inputs"]["tailnum"] == row["tailnum"]
    assert [label["label"] for label in origin["labels"]] == [bool(row["late"])]
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", origin["run"]["git_commit"]) and origin["run"]["pipeline"]
    assert origin["data"]["feature_service"] and len(origin["data"]["train_digest"]) >= 8
    told = capstan("trace", "flight_delay", row["prediction_id"]).stdout
    assert f"run pipeline                 {origin['run']['pipeline']}" in told.splitlines()


def test_trace_of_an_unknown_prediction_is_told():
    done = capstan("trace", "flight_delay", "00000000-0000-7000-8000-000000000000", COLUMNS="200")
    assert done.returncode == 1 and "An answer has its id in `prediction_id`" in done.stderr


def test_few_predictions_make_no_report(road):
    done = capstan("monitor", "flight_delay", "--hours", "0.001")  # 4 seconds; asking took place before
    assert done.returncode == 0, done.stderr
    assert "fewer than 100 show no drift" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["flight_delays"], "Did you mean 'flight_delay'?"),
        (["flight_delay", "--every", "soon"], "'soon' is not a time of a minute or more"),
        (["flight_delay", "--every", "10s"], "'10s' is not a time of a minute or more"),
        (["flight_delay", "--stop"], "Ctrl-C ends"),
        (["flight_delay", "--as-of", "soon"], "'soon' is not an instant"),
        (["flight_delay", "--as-of", "2013-12-01", "--every", "1h"], "it is one monitoring run"),
        (["credit_risk", "--circle"], "credit_risk is not deployed"),
    ],
)
def test_bad_input_is_told(arguments, words):
    done = capstan("monitor", *arguments, COLUMNS="200")
    assert done.returncode and words in done.stderr
