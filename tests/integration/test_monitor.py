"""`capstan monitor` on what the endpoint answered: the same flights as the test data, then others."""

import json
from pathlib import Path

import httpx
import pandas as pd
import pytest

from capstan import storage as storages
from capstan.settings import settings
from monitoring import signals
from pipelines.flight_delay import task
from tests.integration.conftest import capstan

pytestmark = pytest.mark.slow
FLIGHTS = 400


@pytest.fixture(scope="module")
def reference(road) -> pd.DataFrame:
    """The signals that live predictions are compared with."""
    found = signals.read_reference(storages.Folder(settings().home), "flight_delay", road["version"])
    assert found is not None
    return found


def ask(url: str, rows: pd.DataFrame) -> None:
    """Send flights to the endpoint."""
    reply = httpx.post(f"{url}/v1/models/flight_delay:predict", json={"instances": task.requests(rows)}, timeout=60)
    assert reply.is_success, reply.text


def look(*options: str) -> dict:
    done = capstan("monitor", "flight_delay", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def flights(road, origin: str) -> pd.DataFrame:
    """Return flights of the training set from one airport."""
    rows = pd.read_parquet(road["training_set"])
    return rows[rows["origin"] == origin].tail(FLIGHTS)


def test_reference_holds_test_flights_the_model_had_not_seen(reference, road):
    assert set(reference) == {*task.INPUTS, "probability", "late", "event_timestamp"}
    assert len(reference) == signals.SAMPLE_ROWS < road["rows"]["test_flights"]


def test_flights_from_one_airport_alone_are_drift(up, road, reference):
    before = look()["live"]["predictions"]
    ask(up["endpoint"]["url"], flights(road, "JFK"))
    found = look()
    assert found["live"]["predictions"] == before + FLIGHTS
    # The probability, too. Nobody knows the label yet, and these flights have no gusts: their weather is too old.
    assert found["live"]["columns"] == len(task.INPUTS)
    assert found["live"]["drifted"] >= 1
    page = Path(found["live_report"]).read_text()
    assert "origin" in page and "probability" in page
    [project] = httpx.get(f"{up['evidently']['url']}/api/projects").json()
    snapshots = httpx.get(f"{up['evidently']['url']}/api/projects/{project['id']}/reports").json()
    assert [one for one in snapshots if one["name"].startswith(f"live, version {road['version']}, run ")]


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
    ],
)
def test_bad_input_is_told(arguments, words):
    done = capstan("monitor", *arguments, COLUMNS="200")
    assert done.returncode and words in done.stderr
