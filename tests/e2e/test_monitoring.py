"""Monitoring as a recurring run of Kubeflow Pipelines. It takes about two minutes, most of them a wait."""

import time

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT

ASKED, SECONDS = 150, 240


def recurring(services) -> list[dict]:
    """Return the recurring runs of the flagship's monitoring."""
    found = httpx.get(f"{services.url('pipelines')}/apis/v2beta1/recurringruns?page_size=100").json()
    return [run for run in found.get("recurringRuns", []) if run["display_name"] == "monitoring-flight-delay"]


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
    [project] = httpx.get(f"{url}/api/projects", headers=services.bearer).json()
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
    found = kube.answer("monitor", CAPSTONE, "--hours", "1")["live"]
    assert found["predictions"] >= ASKED and found["drifted"] > found["columns"] / 2
