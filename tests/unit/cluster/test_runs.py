"""The API of Kubeflow Pipelines, answered by a function."""

import json

import httpx
import pytest

from capstan.errors import CapstanError
from cluster import runs
from cluster.runs import Runs


def api(answer) -> Runs:
    records = Runs("http://kfp")
    records.client = httpx.Client(base_url="http://kfp/apis/v2beta1", transport=httpx.MockTransport(answer))
    return records


def run_of(name, deep):
    spec = {"pipelineInfo": {"name": name}}
    return {
        "run_id": "run-1",
        "created_at": "2026-01-01T00:00:00Z",
        "pipeline_spec": {"pipeline_spec": spec, "platform_spec": {}} if deep else spec,
    }


@pytest.mark.parametrize("deep", [False, True], ids=["plain", "with settings of Kubernetes"])
def test_pipeline_that_runs_already_is_refused_and_another_is_not(deep):
    def answer(request):
        [predicate] = json.loads(request.url.params["filter"])["predicates"]
        assert predicate["key"] == "state" and "RUNNING" in predicate["stringValues"]["values"]
        return httpx.Response(200, json={"runs": [run_of("flight-delay", deep)]})

    with api(answer) as client:
        client.require_none_of("wine-cluster", "wine_cluster")
        with pytest.raises(CapstanError, match="flight_delay is being run already: run-1"):
            client.require_none_of("flight-delay", "flight_delay")


def test_monitoring_of_another_capstone_is_no_hindrance():
    """It is one pipeline for all of them; the parameter says which."""
    going_on = run_of("monitoring", True) | {"runtime_config": {"parameters": {"capstone": "wine_cluster"}}}
    with api(lambda _request: httpx.Response(200, json={"runs": [going_on]})) as client:
        client.require_none_of("monitoring", "flight_delay")
        client.require_none_of("wine-cluster", "wine_cluster")
        with pytest.raises(CapstanError, match="wine_cluster is being run already"):
            client.require_none_of("monitoring", "wine_cluster")


def test_no_runs_at_all():
    with api(lambda _request: httpx.Response(200, json={})) as client:
        client.require_none_of("flight-delay", "flight_delay")


def test_api_that_is_away_for_a_moment_is_asked_again():
    answers = iter([httpx.Response(503), httpx.Response(200, json={"state": "RUNNING"})])
    with api(lambda _request: next(answers)) as client:
        assert client.get("run-1") == {"state": "RUNNING"}


def test_api_that_stays_away_leaves_the_id_of_the_run(monkeypatch):
    monkeypatch.setattr(runs, "PATIENCE", 0)
    with api(lambda _request: httpx.Response(503)) as client, pytest.raises(CapstanError, match="run-1"):
        client.get("run-1")


def test_what_the_server_said_is_the_reason():
    class Refused(Exception):
        body = '{"message": "no such experiment"}'

    assert runs.reason(Refused("(400) Bad Request\nheaders")) == "no such experiment"
    assert runs.reason(ValueError("first\nsecond")) == "first"


def test_run_that_was_deleted_is_an_error_at_once():
    with api(lambda _request: httpx.Response(404)) as client, pytest.raises(CapstanError, match="run-1 was deleted"):
        client.get("run-1")
