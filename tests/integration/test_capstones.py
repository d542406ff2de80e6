"""Each capstone through the whole pipeline on a small part of its real data: an answer of it, a refusal, a look at it.

What a capstone adds is in its `tests/small.py`.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from selenium.webdriver import Chrome

from capstan import catalogue
from capstan.profile import profile
from capstan.settings import settings
from models import cards
from monitoring.retraining.watcher import Watcher
from monitoring.signals import read_reference
from tests.fuzz.boundaries import beyond, beyond_grpc, beyond_tensors, body, grpc_request, tensors
from tests.integration.browser import Page, chromium
from tests.integration.conftest import capstan
from tests.support.selection import FLAGSHIP
from tests.support.small import SmallRun, each, names, small

pytestmark = [pytest.mark.slow]
REFUSALS = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED)
ENOUGH = 120  # predictions for the command to report on
MORE = 60  # predictions, of one request: two parts of rows that stand for days


@pytest.fixture(scope="module", params=each(names()))
def run(request: pytest.FixtureRequest, small_run: Callable[[str], dict]) -> SmallRun:
    """The run of each capstone in turn."""
    return SmallRun(request.param, small(request.param), small_run(request.param))


def test_capstone_is_accepted_on_a_small_part_of_its_data(run):
    assert run.summary["verdict"] == "accepted", run.summary


def test_endpoint_answers_and_refuses_bad_input(run):
    [answer] = run.ask(run.part.ASKED).raise_for_status().json()["predictions"]
    described = httpx.get(f"{settings().endpoint_url}/v2/models/{run.name}").json()
    assert described["examples"]
    offered = run.ask(*described["examples"]).raise_for_status().json()["predictions"]
    # The online store has the features of what the page offers.
    assert not any(answer.get("expired_features") or answer.get("future_features") for answer in offered)
    prediction = catalogue.load(run.name).Prediction
    prediction.model_validate_json(json.dumps({field: answer[field] for field in prediction.model_fields}))
    assert answer["model_version"] == run.summary["version"]
    request, field = run.part.REFUSED
    reply = run.ask(request)
    assert reply.status_code == 400 and field in reply.json()["error"]


def test_no_request_at_the_boundary_of_a_type_is_an_error_of_the_server(run):
    capstone = catalogue.load(run.name)
    asked = capstone.Request.model_validate_json(json.dumps(run.part.ASKED)).model_dump(mode="json")
    sent = [(f"/v1/models/{run.name}:predict", {"instances": [request]}) for request in beyond(asked)]
    if "labels" in capstone.capabilities:
        label = {"prediction_id": str(uuid4()), "label": 1, "known_at": "2026-01-01T00:00:00Z"}
        sent += [(f"/v2/models/{run.name}/actuals", {"actuals": [row]}) for row in beyond(label)]
    if "events" in capstone.capabilities:
        event = {name: field.examples[0] for name, field in capstone.Event.model_fields.items() if field.examples}
        sent += [(f"/v1/models/{run.name}:event", row) for row in beyond(event)]
        sent += [(f"/v1/models/{run.name}:events", {"events": [row]}) for row in beyond(event)]
    assert not wrong_answers(sent)


def test_no_tensor_at_the_boundary_of_a_type_is_an_error_of_the_server(run):
    capstone = catalogue.load(run.name)
    asked = capstone.Request.model_validate_json(json.dumps(run.part.ASKED)).model_dump(mode="json")
    good = tensors(httpx.get(f"{settings().endpoint_url}/v2/models/{run.name}").json()["inputs"], asked)
    sent = [(f"/v2/models/{run.name}/infer", {"inputs": variation}) for variation in beyond_tensors(good)]
    wrong = wrong_answers(sent)
    with grpc.insecure_channel(f"127.0.0.1:{settings().grpc_port}") as channel:
        infer = GRPCInferenceServiceStub(channel).ModelInfer
        assert infer(grpc_request(run.name, good), timeout=60).outputs
        for request in beyond_grpc(run.name, good):
            try:
                infer(request, timeout=60)
            except grpc.RpcError as error:
                if error.code() not in REFUSALS:
                    wrong.append(("gRPC", str(request)[:300], f"{error.code()} {error.details()}"[:300]))
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"


def wrong_answers(sent: list[tuple[str, Any]]) -> list[tuple[str, str, str]]:
    """Send requests, each a path and its content; return those that the server failed at."""
    wrong: list[tuple[str, str, str]] = []
    with httpx.Client(base_url=settings().endpoint_url, timeout=60) as client:
        for path, content in sent:
            reply = client.post(path, content=body(content), headers={"content-type": "application/json"})
            if reply.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or "Traceback" in reply.text:
                wrong.append((path, str(content)[:300], reply.text[:300]))
    return wrong


@pytest.mark.parametrize(
    "run", each([name for name in names() if not hasattr(small(name), "WATCHED_IN")]), indirect=True
)
def test_live_predictions_are_checked(run):
    task = catalogue.load(run.name)
    run.ask(*[run.part.ASKED] * MORE).raise_for_status()
    watcher = Watcher(run.name, task)
    watcher(getattr(run.part, "LOOKED_AT", datetime.now(UTC)))
    checks = watcher.snapshot.checks
    assert watcher.snapshot.predictions >= MORE and {"drift", "nulls"} <= {check.name for check in checks}
    reference = read_reference(profile().storage(), run.name, watcher.snapshot.version)
    unseen = {*reference.columns} - {check.signal for check in checks if check.name == "drift"} - {*task.CHECKS.ignore}
    # The label is seen as well where the test of labels ran before this one.
    assert unseen <= {*getattr(run.part, "KNOWN_LATER", [])} <= {*reference.columns}
    # An image, or a week of demand, shares no column of single values with the tables.
    columns = {column for schema in task.contracts().values() for column in schema.columns}
    asked = {field for field, value in run.part.ASKED.items() if not isinstance(value, list)}
    assert ("contract" in {check.name for check in checks}) == bool(columns & asked)


@pytest.mark.parametrize("run", each([name for name in names() if hasattr(small(name), "ACTUALS")]), indirect=True)
def test_labels_show_how_good_the_answers_were(run):
    answers = run.ask(*[run.part.ASKED] * MORE).raise_for_status().json()["predictions"]
    now = getattr(run.part, "LOOKED_AT", datetime.now(UTC))
    rows = [
        {"prediction_id": answer["prediction_id"], "label": label, "known_at": now.isoformat()}
        for answer, label in zip(answers, cycle(run.part.ACTUALS), strict=False)
    ]
    url = f"{settings().endpoint_url}/v2/models/{run.name}/actuals"
    httpx.post(url, json={"actuals": rows}).raise_for_status()
    watcher = Watcher(run.name, catalogue.load(run.name))
    watcher(getattr(run.part, "LOOKED_AT", datetime.now(UTC)))
    assert watcher.snapshot.labels >= MORE
    assert "performance" in {check.name for check in watcher.snapshot.checks}


def test_list_shows_the_first_metric(run):
    metric = next(iter(catalogue.load(run.name).THRESHOLDS))
    value = run.summary["scores"][metric]
    [listed] = [row for row in json.loads(capstan("list", "--json").stdout) if row["name"] == run.name]
    assert listed["newest"] == {
        **{"version": run.summary["version"], "verdict": "accepted"},
        **{"metric": metric, "value": pytest.approx(value)},
    }
    assert f"{run.summary['version']}: {metric} {value:.4f}" in capstan("list", COLUMNS="200").stdout


def test_report_ends_with_what_the_model_is_for_and_whom_it_could_harm(run):
    report = Path(run.summary["report"]).read_text()
    model, dataset = (report.index(f">{title}<") for title in (cards.MODEL, cards.DATASET))
    assert all(f"{part}: " in report[model:dataset] for part in ("For", "Not for", "Who could be harmed", "Limits"))
    assert all(part in report[dataset:] for part in ("What it is: ", "Rows: ", "Licence: ", "People"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


def test_page_draws_the_answer_to_its_example(run, browser, screenshot):
    """The picture of it is in the capstone's README: `make screenshots`."""
    page = Page(browser, settings().endpoint_url, run.name)
    page.wait("button.example", "Example 1").click()
    page.enter(**getattr(run.part, "PICTURED", {}))
    page.submit()
    page.wait(".prediction dl", seconds=60)
    assert page.problems() == []
    picture = screenshot(browser, run.name)
    assert picture.exists() and f"(../../docs/images/{picture.name})" in readme(run.name)


@pytest.mark.parametrize("run", each([name for name in names() if hasattr(small(name), "CHOSEN")]), indirect=True)
def test_page_sends_a_file_that_is_chosen(run, browser):
    page = Page(browser, settings().endpoint_url, run.name)
    page.enter(text="", **run.part.CHOSEN)
    page.submit()
    page.wait(".prediction dl", seconds=60)
    assert run.part.SAID in page.wait(".prediction").text
    assert page.problems() == []


def readme(name: str) -> str:
    """Return the README of a capstone."""
    return (catalogue.folder(name) / "README.md").read_text()


def test_predictions_are_watched_by_the_command(run):
    run.ask(*[run.part.ASKED] * ENOUGH).raise_for_status()
    if run.name == FLAGSHIP:  # what a restart does is the same for all
        assert capstan("down").returncode == 0
        assert (started := capstan("up")).returncode == 0, started.stderr
        wait_for_model(run.name)
    run.ask(run.part.ASKED).raise_for_status()
    now = getattr(run.part, "LOOKED_AT", datetime.now(UTC))
    done = capstan("monitor", run.name, "--json", "--as-of", now.isoformat(), "--hours", "48")
    assert done.returncode == 0, done.stderr
    live = json.loads(done.stdout)["live"]
    assert live["predictions"] > ENOUGH and live["checks"] > 0


def wait_for_model(name: str, seconds: float = 300) -> None:
    """Wait until the endpoint has loaded a model again. Its other models answer meanwhile."""
    end = time.monotonic() + seconds
    while not httpx.get(f"{settings().endpoint_url}/v2/models/{name}/ready").is_success:
        assert time.monotonic() < end, f"{name} is not ready after {seconds:.0f} s"
        time.sleep(0.2)


@pytest.mark.parametrize("run", each([name for name in names() if hasattr(small(name), "check")]), indirect=True)
def test_what_is_true_of_one_capstone_alone(run, tmp_path):
    run.part.check(run.summary, tmp_path)
