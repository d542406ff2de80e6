"""Explanations through the server: they add up to what is predicted, and refuse what predictions refuse."""

import math
from datetime import timedelta

import pytest

from tests.support.capstones_of_tests import task
from tests.support.serving import Server
from tests.support.tiny_store import FLIGHT, NOW

FEATURES = {"carrier_flights": 30, "hour": 13, "carrier_delay": 12.0, "age": 7.5, "runways": 4}  # by size


def explain(server: Server, *rows: dict, name: str = "tiny", headers: dict | None = None):
    return server.client.post(f"/v1/models/{name}:explain", json={"instances": list(rows)}, headers=headers)


def total(explanation: dict) -> float:
    return 1 / (1 + math.exp(-(explanation["base"] + sum(explanation["contributions"].values()))))


def test_metadata_holds_what_a_form_needs(server):
    metadata = server.client.get("/v2/models/tiny").json()
    assert metadata["request_schema"] == task("tiny").Request.model_json_schema()
    assert metadata["prediction_schema"] == task("tiny").Prediction.model_json_schema(mode="serialization")
    assert metadata["streams"] is False and metadata["unloadable"] == {}
    assert metadata["variants"] == {"champion": "1"}
    assert metadata["explains"] is True
    assert server.client.get("/v2/models/plain").json()["explains"] is False


def test_contributions_add_up_to_the_prediction_the_largest_first(server):
    rows = [FLIGHT, FLIGHT | {"carrier": "ZZ", "tailnum": None}]
    reply = explain(server, *rows)
    assert reply.status_code == 200, reply.text
    explanations, predictions = reply.json()["explanations"], server.predict(*rows).json()["predictions"]
    for explanation, prediction in zip(explanations, predictions, strict=True):
        assert explanation["probability"] == prediction["probability"] == pytest.approx(total(explanation), abs=1e-12)
        for key in ("model_version", "variant", "missing_features", "expired_features", "future_features"):
            assert explanation[key] == prediction[key]
    first, second = explanations
    assert list(first["contributions"]) == list(FEATURES)
    assert first["contributions"] == pytest.approx({name: value / 100 for name, value in FEATURES.items()})
    assert first["features"] == FEATURES and first["base"] == 0
    assert second["features"]["age"] is None and second["contributions"]["age"] == 0


def test_features_that_do_not_count_are_named(server):
    rows = [FLIGHT | {"sched_dep": (NOW + timedelta(hours=h)).isoformat()} for h in (3, 0)]
    late, early = explain(server, *rows).json()["explanations"]
    assert late["expired_features"] == ["carrier_delay", "carrier_flights"]
    assert early["future_features"] == ["carrier_delay", "carrier_flights", "age"]


def test_many_rows_are_explained_as_each_alone(server):
    rows = [FLIGHT | {"sched_dep": f"2013-06-01T13:00:{second:02}Z"} for second in range(60)] * 2
    rows[70] |= {"tailnum": None}
    explanations = explain(server, *rows).json()["explanations"]
    assert len(explanations) == 120
    for row in (0, 31, 32, 70, 119):
        assert explanations[row] == explain(server, rows[row]).json()["explanations"][0]


@pytest.mark.parametrize(
    ("name", "row", "status", "words"),
    [
        ("tiny", FLIGHT | {"carrier": "XX"}, 400, "unknown carrier 'XX'; expected one of AA, UA, ZZ"),
        ("tiny", {}, 400, "Field required"),
        ("nothing", FLIGHT, 404, "nothing"),
        ("plain", {"x": 1.0}, 501, "Version 1 of 'plain' explains nothing: its model has no `explain_columns`."),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_reason(server, name, row, status, words):
    reply = explain(server, row, name=name)
    assert reply.status_code == status
    assert words in reply.json()["error"]


def test_only_post_explains(server):
    reply = server.client.get("/v1/models/tiny:explain")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert server.client.post("/v1/models/tiny:explain", content=b"{").status_code == 400


def test_variant_is_chosen_as_for_predictions(server):
    assert explain(server, FLIGHT, headers={"x-capstan-variant": "champion"}).json()["explanations"][0]["variant"]
    assert explain(server, FLIGHT, headers={"x-capstan-variant": "challenger"}).status_code == 404
    assert explain(server, FLIGHT, headers={"x-capstan-variant": "best"}).status_code == 400


def test_explanations_are_counted_with_the_requests_and_not_logged(server):
    def count(metric: str) -> float:
        lines = server.client.get("/metrics").text.splitlines()
        mine = [line for line in lines if line.startswith(f"{metric}{{") and 'model="tiny"' in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in mine)

    server.predict(FLIGHT)
    metrics = ("capstan_requests_total", "capstan_logged_records_total")
    requests, records = map(count, metrics)
    explain(server, FLIGHT)
    assert list(map(count, metrics)) == [requests + 1, records]
