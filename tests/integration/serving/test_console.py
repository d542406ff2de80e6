"""The console's API: what anybody may read, and what operators decide, of a real server with real stores."""

import json
import os
import subprocess
from pathlib import Path

import httpx
import jsonschema
import pytest

from tests.integration.conftest import CAPSTAN
from tests.support.monitored import DAYS
from tests.support.processes import free_port, wait_until
from tests.support.serving import Mlflow, Server, another_server

pytestmark = pytest.mark.rotating


@pytest.fixture
def home(console_home) -> Path:
    """The state folder of the console."""
    return console_home


@pytest.fixture
def tokens(console_tokens) -> dict[str, str]:
    """A token of each purpose: Ann's, the airline's for labels, Olga's for operators."""
    return console_tokens


def read(server: Server, name: str = "plain") -> dict:
    reply = server.client.get(f"/v2/monitoring/{name}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def decide(server: Server, verb: str, token: str = "", name: str = "plain", **body) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    reply = server.client.post(f"/v2/monitoring/{name}/{verb}", json=body, headers=headers)
    return reply.status_code, reply.json()


def told(home: Path, name: str = "plain") -> list[dict]:
    """Return what `capstan history` reports."""
    command = [CAPSTAN, "history", name, "--json"]
    environment = os.environ | {"CAPSTAN_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def test_anybody_reads_what_serves_and_how_it_does(console, challenger):
    detail = read(console)
    assert (detail["rollout"]["champion"], detail["rollout"]["challenger"]) == ("1", challenger)
    assert detail["rollout"]["traffic"] == "canary 20 %" and detail["rollout"]["since"] == "2013-12-30T00:00:00+00:00"
    assert detail["served"] == {"champion": "1", "challenger": challenger} and detail["problems"] == []
    assert len(detail["looks"]) == DAYS and detail["look"] == detail["looks"][-1]
    assert sum(look["alarms"] for look in detail["looks"]) == 28 + 19  # worse for 28 days, gusty for 19
    [alarm, *quiet] = detail["checks"]["drift"]
    assert (alarm["signal"], alarm["verdict"]) == ("wind_speed", "alarm") and quiet[-1]["verdict"] == "insufficient"
    assert {check["name"] for check in detail["checks"]["quality"]} == {"contract", "nulls", "new categories"}
    [auc] = [line for line in detail["series"] if line["name"] == "roc_auc"]
    assert len(auc["points"]) == DAYS and all(point["low"] < point["value"] < point["high"] for point in auc["points"])
    assert [event["kind"] for event in detail["events"] if event["kind"] not in ("alert", "cleared")] == [
        "promoted", "canary", "challenger", "retraining",
    ]  # fmt: skip
    assert detail["links"]["MLflow"].endswith("/#/models/plain/versions/1")
    run = detail["links"]["Run"].rpartition("/")[2]
    api = f"{detail['links']['Run'].partition('/#')[0]}/api/2.0/mlflow/runs/get"
    experiment = httpx.get(api, params={"run_id": run}).json()["run"]["info"]["experiment_id"]
    assert f"/#/experiments/{experiment}/runs/" in detail["links"]["Run"]


def test_a_dead_webhook_shows(console):
    detail = read(console)
    open_, cleared = detail["alerts"]
    assert open_["cleared_at"] is None and cleared["cleared_at"] and cleared["severity"] == "critical"
    assert (open_["waiting"], cleared["waiting"], detail["waiting"], detail["lost"], detail["open"]) == (1, 1, 2, 0, 1)


def test_requests_are_counted(console, tokens):
    before = read(console)["requests"]
    headers = {"Authorization": f"Bearer {tokens['ann']}"}
    assert console.predict({"x": 1}, name="plain", headers=headers).status_code == 200
    assert console.predict({"x": "no"}, name="plain", headers=headers).status_code == 400

    def counted() -> bool:
        now = read(console)["requests"]
        return now == {"all": before["all"] + 2, "failed": before["failed"] + 1}

    wait_until(counted)  # the answer may be one of a moment ago


def test_the_overview_has_every_capstone(console):
    overview = {capstone["name"]: capstone for capstone in console.client.get("/v2/monitoring").json()["capstones"]}
    assert {"tiny", "plain", "flight_delay"} <= overview.keys()
    assert (overview["plain"]["open"], overview["plain"]["look"]["alarms"]) == (1, 1)
    assert overview["flight_delay"]["look"] is None and overview["flight_delay"]["rollout"]["champion"] == ""
    assert overview["tiny"]["rollout"]["champion"] == "1" and "checks" not in overview["plain"]


@pytest.mark.parametrize(
    ("who", "status", "words"),
    [
        ("", 401, "needs a token"),
        ("nonsense", 401, "unknown"),
        ("ann", 403, "--for operator"),
        ("airline", 403, "--for"),
    ],
)
def test_who_is_no_operator_decides_nothing(console, tokens, home, who, status, words):
    before = told(home)
    for verb in ("pause", "resume", "promote", "rollback"):
        code, answer = decide(console, verb, tokens.get(who, who), reason="I want to.")
        assert code == status and words in answer["error"]
    assert told(home) == before and read(console)["rollout"]["champion"] == "1"


def test_an_operator_does_nothing_else(console, tokens):
    headers = {"Authorization": f"Bearer {tokens['olga']}"}
    assert console.predict({"x": 1}, name="plain", headers=headers).json()["error"].endswith("for operators only.")
    assert console.client.post("/v2/repository/models/plain/unload", headers=headers).status_code == 403
    assert console.client.post("/v2/models/plain/actuals", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [({}, "Give a reason"), ({"reason": " \n"}, "Give a reason"), ({"reason": "x" * 1001}, "1000 are allowed"),
     ({"reason": 1}, "not a str"), ({"why": "x"}, "Unknown field")],
)  # fmt: skip
def test_a_decision_needs_a_reason(console, tokens, home, body, words):
    before = told(home)
    code, answer = decide(console, "pause", tokens["olga"], **body)
    assert code == 400 and words in answer["error"] and told(home) == before


def test_unknown_capstones_are_no_capstones(console, tokens):
    assert decide(console, "pause", tokens["olga"], "plane", reason="x")[0] == 404
    for name in ("plane", "x" * 300, "%00", "pipelines"):
        reply = console.client.get(f"/v2/monitoring/{name}")
        assert reply.status_code == 404 and reply.json()["error"], name


def test_pause_and_resume_are_told_with_who_and_why(console, tokens, home):
    code, answer = decide(console, "pause", tokens["olga"], reason=" An audit,\nuntil Friday. ")
    assert (code, answer["kind"], answer["by"]) == (200, "paused", "olga")
    held = read(console)["held"]
    assert (held["kind"], held["by"], held["reason"]) == ("paused", "olga", "An audit, until Friday.")
    assert decide(console, "resume", tokens["olga"], reason="It is over.")[0] == 200
    assert read(console)["held"] is None
    assert [(event["kind"], event["by"], event["reason"]) for event in told(home)[-2:]] == [
        ("paused", "olga", "An audit, until Friday."), ("resumed", "olga", "It is over."),
    ]  # fmt: skip


def test_promote_and_rollback_change_what_answers(console, tokens, home, challenger):
    def answered() -> str:
        headers = {"Authorization": f"Bearer {tokens['ann']}"}
        return console.predict({"x": 1}, name="plain", headers=headers).json()["predictions"][0]["model_version"]

    names = ("champion", "challenger", "candidate", "previous", "since")
    seen = {name: read(console)["rollout"][name] for name in names}
    for outdated in ({"challenger": "99"}, seen | {"since": "2013-01-01T00:00:00+00:00"}):
        for verb in ("promote", "rollback"):
            code, answer = decide(console, verb, tokens["olga"], reason="It is better.", state=outdated)
            assert code == 409 and "is not the one that this was decided on" in answer["error"]
    for wrong in ({"percent": "10"}, {"champion": 1}):
        assert decide(console, "promote", tokens["olga"], reason="It is better.", state=wrong)[0] == 400
    assert {name: read(console)["rollout"][name] for name in names} == seen
    code, answer = decide(console, "promote", tokens["olga"], reason="It is better.", state=seen)
    assert (code, answer["kind"], answer["version"]) == (200, "promoted", challenger)
    state = read(console)["rollout"]
    assert (state["champion"], state["previous"]) == (challenger, "1") and "(olga, at the console)" in state["by"]
    assert answered() == challenger
    code, answer = decide(console, "promote", tokens["olga"], reason="Once more.")
    assert code == 409 and "has no challenger" in answer["error"]
    code, answer = decide(console, "rollback", tokens["olga"], reason="It was not.")
    assert (code, answer["kind"], answer["version"]) == (200, "rolled back", challenger)
    assert answered() == "1"
    assert [(event["kind"], event["version"], event["reason"]) for event in told(home)[-2:]] == [
        ("promoted", challenger, "It is better."), ("rolled back", challenger, "It was not."),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_database_that_is_not_there_is_empty_and_one_that_is_broken_says_so(server, mlflow, feast_home, tmp_path):
    home = tmp_path / "home"
    database = home / "predictions" / "circle.db"
    with another_server(mlflow, feast_home, home) as own_server:
        detail = read(own_server, "tiny")
        assert (detail["look"], detail["alerts"], detail["events"], detail["problems"]) == (None, [], [], [])
        assert not database.exists()
        code, answer = decide(own_server, "pause", reason="Why not?")
        assert code == 403 and "--for operator" in answer["error"] and "CAPSTAN_TOKENS_FILE" in answer["error"]
        assert detail["actions"] == answer["error"] and not database.exists()
    database.parent.mkdir(parents=True, exist_ok=True)
    database.write_text("This is no database, and never was one.\n" * 100)
    with another_server(mlflow, feast_home, home) as own_server:
        detail = read(own_server, "tiny")
        assert len(detail["problems"]) == 1 and "cannot be read" in detail["problems"][0]
        assert detail["rollout"]["champion"] == "1"


@pytest.mark.slow
def test_a_registry_that_is_away_hides_nothing_else(mlflow, feast_home, home, tokens):
    away = Mlflow(f"http://127.0.0.1:{free_port()}", mlflow.child, mlflow.log)
    environment = {"CAPSTAN_TOKENS_FILE": tokens["path"]}
    with another_server(away, feast_home, home, **environment) as server:
        detail = read(server)
        assert len(detail["problems"]) == 1 and "MLflow does not answer" in detail["problems"][0]
        assert detail["rollout"] is None and detail["links"] == {} and len(detail["looks"]) == DAYS
        assert "MLflow does not answer" in server.client.get("/v2/monitoring").json()["problems"][0]
        before = told(home)
        code, answer = decide(server, "promote", tokens["olga"], reason="Now!")
        assert code == 503 and "MLflow does not answer" in answer["error"] and told(home) == before


def test_answers_are_as_documented(console, tokens):
    document = console.client.get("/openapi.json", headers={"Authorization": f"Bearer {tokens['ann']}"}).json()
    paused = decide(console, "pause", tokens["olga"], reason="An audit.")[1]
    decide(console, "resume", tokens["olga"], reason="It is over.")
    for path, method, answer in (
        ("/v2/monitoring", "get", console.client.get("/v2/monitoring").json()),
        ("/v2/monitoring/{model_name}", "get", read(console)),
        ("/v2/monitoring/{model_name}/pause", "post", paused),
    ):
        schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer, schema | {"components": document["components"]})
