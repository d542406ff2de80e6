"""Answers to requests as they were recorded before predictions could have any fields: names and values stay."""

import json
from pathlib import Path

import pytest

from tests.support.feast_failure import table_away

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())


@pytest.fixture(scope="module")
def steady(server, mlflow):
    """`steady`, served."""
    mlflow.roles("steady", champion=mlflow.register("steady", 0.0))
    assert server.load("steady").status_code == 200
    yield server
    mlflow.roles("steady")
    assert server.load("steady").status_code == 503


def comparable(answer: object) -> object:
    """Return an answer without what differs each time."""
    if isinstance(answer, dict):
        kept = {k: comparable(v) for k, v in answer.items() if k not in ("prediction_id", "model_version")}
        return kept | {"data": None} if kept.get("name") == "prediction_id" else kept
    return [comparable(item) for item in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["title"])
def test_answers_stay(steady, feast_home, case):
    method = "GET" if case["body"] is None else "POST"
    if case["title"] == "defaults":
        with table_away(feast_home):
            reply = steady.client.request(method, case["path"], json=case["body"])
    else:
        reply = steady.client.request(method, case["path"], json=case["body"])
    size = int(reply.headers.get("inference-header-content-length", len(reply.content)))
    answer, expected = comparable(json.loads(reply.content[:size])), comparable(case["answer"])
    assert (reply.status_code, reply.content[size:].hex()) == (case["status"], case["binary"])
    if case["title"] == "metadata":
        answer = {key: answer[key] for key in expected}
    if case["title"] == "explained":
        for row in answer["explanations"]:
            assert (row.pop("explained"), row.pop("unit")) == ("probability", "log-odds")
    assert answer == expected
