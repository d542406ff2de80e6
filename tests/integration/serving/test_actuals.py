"""Labels through the server: each status, kill -9, two servers, tokens, and what the join shows."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from predictions import labelled
from predictions.labels import LabelStore
from serving.guards.tokens import add
from tests.support.processes import ROOT, wait_until
from tests.support.serving import another_server
from tests.support.tiny_store import FLIGHT, NOW

pytestmark = pytest.mark.slow
PATH = "/v2/models/tiny/actuals"
HOUR = timedelta(hours=1)
ENTITY = {"carrier": "AA", "origin": "JFK", "tailnum": "N1"}


def stamp(hours: float) -> str:
    return (NOW + hours * HOUR).isoformat()


def predicted(server, n: int = 1, **fields) -> list[str]:
    reply = server.predict(*[FLIGHT | fields] * n)
    assert reply.status_code == 200, reply.text
    return [answer["prediction_id"] for answer in reply.json()["predictions"]]


def post(server, *actuals: dict, **options) -> httpx.Response:
    return server.client.post(PATH, json={"actuals": list(actuals)}, **options)


def one(server, **actual) -> tuple[int, dict]:
    """Post one label; return the status and what became of it."""
    reply = post(server, {"label": True, "known_at": stamp(3)} | actual)
    [result] = reply.json()["results"]
    assert reply.status_code == result["status"] and ("error" in reply.json()) == (reply.status_code != 200)
    return reply.status_code, result


def store(home) -> LabelStore:
    return LabelStore(f"sqlite:///{home}/predictions/labels.db")


def test_a_label_is_taken_once_and_the_same_again_is_the_same(server):
    [id_] = predicted(server)
    assert one(server, prediction_id=id_) == (
        200,
        {"status": 200, "outcome": "accepted", "prediction_ids": [id_], "late": False},
    )
    assert one(server, prediction_id=id_)[1]["outcome"] == "same"
    frame = labelled("tiny").set_index("prediction_id")
    assert frame["label"].to_dict()[id_] is True and frame.loc[id_, "inputs"] == FLIGHT
    assert frame.loc[id_, "known_at"] == NOW + 3 * HOUR


def test_a_late_label_is_taken_and_flagged(server):
    [id_] = predicted(server)
    status, result = one(server, prediction_id=id_, known_at=stamp(24.01))
    assert (status, result["outcome"], result["late"]) == (200, "accepted", True)
    assert labelled("tiny").set_index("prediction_id").loc[id_, "late"]


def test_a_contradiction_names_both_and_a_correction_keeps_the_old(server):
    [id_] = predicted(server)
    one(server, prediction_id=id_)
    status, result = one(server, prediction_id=id_, label=False)
    assert (status, result["held"], result["sent"], result["prediction_ids"]) == (409, True, False, [id_])
    assert "has the label true, not false" in result["error"] and "`correct`: true" in result["error"]
    status, result = one(server, prediction_id=id_, label=False, known_at=stamp(5), correct=True)
    assert (status, result["outcome"]) == (200, "corrected")
    then, now = (labelled("tiny", known_by=NOW + hours * HOUR).set_index("prediction_id") for hours in (4.99, 5))
    assert (then.loc[id_, "label"], now.loc[id_, "label"], now.loc[id_, "revision"]) == (True, False, 2)
    status, result = one(server, prediction_id=id_, label=True, known_at=stamp(4), correct=True)
    assert status == 400 and "cannot have been known before" in result["error"]


def test_by_entity_and_time_every_prediction_about_it_gets_the_label(server):
    ids = predicted(server, 3, tailnum="N7", sched_dep="2013-07-01T13:00:00Z")
    unrelated = predicted(server, 1, tailnum=None, sched_dep="2013-07-01T13:00:00Z")
    about = {"entity": ENTITY | {"tailnum": "N7"}, "time": "2013-07-01T08:00:00-04:00", "known_at": "2013-07-01T15:00Z"}
    status, result = one(server, **about)
    assert status == 200 and sorted(result["prediction_ids"]) == sorted(ids)
    status, result = one(server, **about | {"entity": ENTITY | {"tailnum": None}})
    assert status == 200 and result["prediction_ids"] == unrelated
    status, result = one(server, **about | {"entity": ENTITY | {"tailnum": "N8"}})
    assert status == 404 and "has this entity and time" in result["error"]
    assert one(server, **about | {"time": "2013-07-01T12:00:01Z"})[0] == 404


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        ({"label": "yes"}, "label: Input should be a valid boolean (got 'yes')"),
        ({"label": 1}, "label: Input should be a valid boolean (got 1)"),
        ({"label": None}, "label: Input should be a valid boolean"),
        ({"label": {"a": [1]}}, "label: Input should be a valid boolean"),
        ({"known_at": stamp(-0.01)}, "before the prediction, which is of 2013-06-01T12:00:00+00:00"),
        ({"known_at": "2199-01-01T00:00:00Z"}, "not from 1900 until now"),
        ({"known_at": "9999-12-31T23:30:00-12:00"}, "known_at: expected the years 1900 to 2199"),
        ({"known_at": "0001-01-01T00:00:00+14:00"}, "known_at: expected the years 1900 to 2199"),
        (
            {"prediction_id": None, "entity": ENTITY, "time": "9999-12-31T23:30:00-12:00"},
            "time: expected the years 1900",
        ),
        ({"known_at": "yesterday"}, "known_at: Input should be a valid datetime"),
        ({"known_at": "1370000000"}, "known_at: Input should be ISO 8601 with an offset"),
        ({"known_at": "2013-06-01T15:00:00"}, "known_at: Input should have timezone info"),
        ({"correct": 1}, "correct: Input should be a valid boolean"),
        ({"labels": True}, "labels: Extra inputs are not permitted"),
        ({"entity": ENTITY, "time": stamp(0)}, "Give either `prediction_id`, or `entity` and `time`"),
        ({"prediction_id": None}, "Give either `prediction_id`, or `entity` and `time`"),
        ({"prediction_id": None, "entity": ENTITY}, "`entity` and `time` go together"),
        ({"prediction_id": None, "entity": {"carrier": "AA"}, "time": stamp(0)}, "expected carrier, origin, tailnum"),
    ],
)
def test_a_wrong_label_is_a_400_that_says_why(server, actual, said):
    [id_] = predicted(server)
    status, result = one(server, **{"prediction_id": id_} | actual)
    assert (status, result["outcome"]) == (400, "wrong") and said in result["error"]
    assert id_ not in set(labelled("tiny")["prediction_id"])


@pytest.mark.parametrize(
    "body", [[], {}, {"actuals": []}, {"actuals": {}}, {"actuals": [{}] * 1001}, {"actuals": [1], "x": 1}]
)
def test_a_body_without_labels_is_a_400(server, body):
    reply = server.client.post(PATH, json=body)
    assert reply.status_code == 400 and "1 to 1000 labels" in reply.json()["error"]


@pytest.mark.parametrize(
    "id_", ["nonsense", "", "76feb356-f9e6-4530-a0cc-6032d38a6db7", "01a1ffe3-36cd-781b-b87b-61ffc824cb44"]
)
def test_an_unknown_id_is_a_404(server, id_):
    status, result = one(server, prediction_id=id_)
    assert (status, result["outcome"]) == (404, "unknown") and "No prediction of tiny has the id" in result["error"]


def test_a_model_without_labels_is_a_501_and_no_model_a_404(server):
    for name, status, message in (("plain", 501, "takes no labels"), ("nobody", 404, "nobody")):
        reply = server.client.post(f"/v2/models/{name}/actuals", json={"actuals": [{}]})
        assert reply.status_code == status and message in reply.json()["error"]
    assert server.client.get(PATH).status_code == 405


def test_each_label_of_a_request_has_its_own_answer(server):
    first, second = predicted(server, 2)
    sent = [
        {"prediction_id": id_, "label": label, "known_at": stamp(3)}
        for id_, label in ((first, True), (first, False), ("nonsense", True), (second, "x"), (second, False))
    ]
    reply = post(server, *sent)
    assert reply.status_code == 207 and "And 2 more" in reply.json()["error"]
    results = reply.json()["results"]
    assert [result["status"] for result in results] == [200, 409, 404, 400, 200]
    frame = labelled("tiny").set_index("prediction_id")
    assert (frame.loc[first, "label"], frame.loc[second, "label"]) == (True, False)


def test_openapi_metadata_and_metrics_describe_labels(server):
    document = server.client.get("/openapi.json").json()
    item = document["components"]["schemas"]["tiny_actual"]
    assert item["properties"]["label"] == {"type": "boolean"} and PATH in document["paths"]
    assert "/v2/models/plain/actuals" not in document["paths"]
    assert server.client.get("/v2/models/tiny").json()["actual_schema"] == {"type": "boolean"}
    assert "actual_schema" not in server.client.get("/v2/models/plain").json()
    assert 'capstan_labels_total{model="tiny",outcome="accepted"}' in server.client.get("/metrics").text


def test_contradicting_labels_at_the_same_time_do_not_both_win(server):
    ids = predicted(server, 40)
    sent = [(id_, label) for id_ in ids for label in (True, False)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda pair: one(server, prediction_id=pair[0], label=pair[1])[0], sent))
    assert sorted(statuses) == [200] * 40 + [409] * 40


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("labels") / "home"


def label_until_killed(server, ids: list[str], taken: set[str]) -> None:
    for id_ in ids:
        try:
            if one(server, prediction_id=id_)[0] == 200:
                taken.add(id_)
        except httpx.HTTPError:
            return


@pytest.mark.rotating
@pytest.mark.slow
def test_kill_9_loses_no_acknowledged_label_and_a_restart_finds_the_predictions(server, mlflow, feast_home, home):
    taken: set[str] = set()
    with another_server(mlflow, feast_home, home, {"predictions.log.SEGMENT_BYTES": 200000}) as victim:
        ids = [id_ for _ in range(6) for id_ in predicted(victim, 500)]
        threads = [
            threading.Thread(target=label_until_killed, args=(victim, ids[start:-1:3], taken)) for start in range(3)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(taken) > 200)
        victim.child.kill()
        victim.child.wait()
        for thread in threads:
            thread.join()
    held = set(store(home).read("tiny")["prediction_id"])
    assert taken <= held and len(held - taken) <= 3
    with another_server(mlflow, feast_home, home) as successor:
        sent = [{"prediction_id": id_, "label": True, "known_at": stamp(3)} for id_ in ids]
        outcomes = [
            result["outcome"]
            for start in range(0, 3000, 1000)
            for result in post(successor, *sent[start : start + 1000]).json()["results"]
        ]
        assert outcomes.count("same") == len(held) and outcomes.count("accepted") == 3000 - len(held)
        frame = labelled("tiny", folder=home / "predictions", labels=store(home))
        assert sorted(frame["prediction_id"]) == sorted(ids)


@pytest.mark.rotating
@pytest.mark.slow
def test_two_servers_on_one_folder_find_each_others_predictions_and_agree(server, mlflow, feast_home, home):
    with (
        another_server(mlflow, feast_home, home) as left,
        another_server(mlflow, feast_home, home) as right,
    ):
        ids = [id_ for _ in range(3) for id_ in predicted(left, 10) + predicted(right, 10)]
        with ThreadPoolExecutor(6) as pool:
            both = [(left, True), (right, False)]
            # Each goes first every other time. Which one wins is not promised: that both know who it is.
            work = [(place, id_, label) for n, id_ in enumerate(ids) for place, label in both[:: (-1) ** n]]
            statuses = list(pool.map(lambda job: one(job[0], prediction_id=job[1], label=job[2])[0], work))
        assert sorted(statuses) == [200] * 60 + [409] * 60
        kept = [[one(server, prediction_id=id_, label=True)[0] == 200 for id_ in ids] for server in (left, right)]
        won = [status == 200 for (place, _, _), status in zip(work, statuses, strict=True) if place is left]
        assert kept == [won, won]


def test_labels_need_a_token_of_their_own(server, mlflow, feast_home, tmp_path):
    tokens = tmp_path / "tokens"
    ann = add(tokens, "ann")
    command = [sys.executable, "-m", "serving.guards.tokens", "add", "airline", "--for", "labels", "--file", tokens]
    airline = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    with another_server(mlflow, feast_home, tmp_path / "home", CAPSTAN_TOKENS_FILE=str(tokens)) as guarded:
        guarded.client.headers["Authorization"] = f"Bearer {ann}"
        [id_] = predicted(guarded)
        actual = {"prediction_id": id_, "label": True, "known_at": stamp(3)}

        def status(token: str | None, path: str = PATH, **body) -> tuple[int, str]:
            headers = {"Authorization": f"Bearer {token}" if token else ""}
            reply = guarded.client.post(path, json=body or {"actuals": [actual]}, headers=headers)
            return reply.status_code, reply.json().get("error", "")

        assert status(None)[0] == status("nonsense")[0] == 401
        assert status(ann)[0] == 403 and "--for labels" in status(ann)[1]
        assert status(airline, "/v1/models/tiny:predict", instances=[FLIGHT]) == (
            403,
            "The token of 'airline' is for labels only.",
        )
        assert status(airline) == (200, "")
    [row] = store(tmp_path / "home").history("tiny", id_)
    assert row["client"] == "airline" and row["received_at"] <= datetime.now(UTC)
