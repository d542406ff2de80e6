"""Monitoring: a recurring run of Kubeflow Pipelines, and looks as of a day."""

import time

import httpx
import pytest

from tests.e2e import kube, shift
from tests.e2e.endpoint import CAPSTONE, FLIGHT

pytestmark = pytest.mark.rotating

ASKED, SECONDS = 150, 240


def recurring(services) -> list[dict]:
    """Return the recurring runs of the flagship's monitoring."""
    listed = httpx.get(f"{services.url('pipelines')}/apis/v2beta1/recurringruns?page_size=100").json()
    return [run for run in listed.get("recurringRuns", []) if run["display_name"] == "monitoring-flight-delay"]


@pytest.fixture(scope="module")
def watched(endpoint, services):
    """A run that the recurring run started, after predictions were made. The recurring run is stopped at the end."""
    for _ in range(3):
        endpoint.predict(*[FLIGHT] * (ASKED // 3))
    time.sleep(35)  # by then the endpoint has moved its log to the object store
    started = kube.answer("monitor", CAPSTONE, "--every", "1m", "--hours", "1")
    try:
        yield started | {"run": first_run(services, started["recurring_run"])}
    finally:
        kube.answer("monitor", CAPSTONE, "--stop")


def first_run(services, recurring_run: str) -> dict:
    """Return the first run of a recurring run, when it has ended."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        query = {"sort_by": "created_at desc", "page_size": "50"}
        runs = httpx.get(f"{services.url('pipelines')}/apis/v2beta1/runs", params=query).json().get("runs", [])
        mine = [run for run in runs if run.get("recurring_run_id") == recurring_run]
        if mine and mine[-1]["state"] in ("SUCCEEDED", "FAILED"):
            return mine[-1]
        time.sleep(2)
    raise AssertionError(f"the recurring run {recurring_run} started none in {SECONDS} s")


def test_recurring_run_looks_at_the_live_predictions(watched, services, ran):
    assert watched["run"]["state"] == "SUCCEEDED"
    url = services.url("evidently")
    projects = httpx.get(f"{url}/api/projects", headers=services.bearer).json()
    [project] = [each for each in projects if each["name"] == CAPSTONE]
    snapshots = httpx.get(f"{url}/api/projects/{project['id']}/reports", headers=services.bearer).json()
    names = [snapshot["name"] for snapshot in snapshots]
    champion = services.rollout()["champion"]
    assert f"live, version {champion}, run {watched['run']['run_id'][:8]}" in names


def test_one_recurring_run_is_replaced_by_the_next_and_can_be_ended(watched, services):
    assert [run["recurring_run_id"] for run in recurring(services)] == [watched["recurring_run"]]
    again = kube.answer("monitor", CAPSTONE, "--every", "1h")
    assert [run["recurring_run_id"] for run in recurring(services)] == [again["recurring_run"]]
    assert kube.answer("monitor", CAPSTONE, "--stop")["ended"] == 1
    assert recurring(services) == []


def test_a_look_by_hand_tells_what_drifted(watched):
    """Always the same flight is not what the test data were."""
    live = kube.answer("monitor", CAPSTONE, "--hours", "1")["live"]
    assert live["predictions"] >= ASKED and live["drifted"] > live["columns"] / 2


@pytest.fixture(scope="module")
def lived(endpoint, ran, tmp_path_factory) -> list[str]:
    """Ten days of a shift, with their labels; the predictions' ids."""
    return shift.live(endpoint, tmp_path_factory.mktemp("labels"))


@pytest.fixture(scope="module")
def looked(lived) -> list[dict]:
    """The history after a look at these days. A cluster that was tested before has more of them, and keeps it."""
    live = shift.look()
    assert live["predictions"] >= len(lived) and 3 <= live["alarms"] < live["checks"]
    return kube.answer("history", CAPSTONE)


def test_shift_alerts(looked):
    alerts = [event for event in looked if event["kind"] == "alert" and event["at"] == shift.END.isoformat()]
    assert any("drift of carrier" in event["evidence"]["checks"] for event in alerts)
    assert any("features differ online from offline" in event["reason"] for event in alerts)


def test_prediction_leads_back_to_its_run(lived, services):
    origin = kube.answer("trace", CAPSTONE, lived[-1])
    champion = services.rollout()["champion"]
    assert origin["version"] == champion and [label["label"] for label in origin["labels"]] == [False]
    assert origin["run"]["pipeline"] == services.version(champion)["pipeline_run"]


def test_person_pauses_the_circle_from_here(looked):
    for verb, kind in (("pause", "paused"), ("resume", "resumed")):
        done = kube.capstan(verb, CAPSTONE, "--reason", f"A test of {verb}.")
        assert done.returncode == 0, done.stderr
        last = kube.answer("history", CAPSTONE)[-1]
        assert (last["kind"], last["reason"]) == (kind, f"A test of {verb}.")
