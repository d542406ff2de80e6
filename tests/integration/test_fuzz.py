"""Each capstone gets requests that a seeded mutator makes of good ones, over V1, V2 and gRPC.

No answer is a fault of the server, its log has no traceback, good requests are answered as before, and what was
answered is in the logs. For longer, by hand: `--fuzz-examples 5000 --fuzz-seed 7`.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from capstan import catalogue
from capstan.settings import settings
from predictions import read
from predictions.labels import label_store
from tests.fuzz import tensors as v2
from tests.fuzz.boundaries import tensors
from tests.fuzz.mutations import Mutator, value_of
from tests.support.small import SmallRun, each, names, small

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
HEADERS = ("content-type", "content-encoding", "accept", "x-capstan-variant", "x-capstan-key", "x-request-id")
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module", params=each(names()))
def run(request: pytest.FixtureRequest, small_run: Callable[[str], dict]) -> SmallRun:
    """The run of each capstone in turn."""
    return SmallRun(request.param, small(request.param), small_run(request.param))


@pytest.fixture
def good(run) -> dict[str, Any]:
    """A row that is answered, with all of its fields."""
    request = catalogue.load(run.name).Request
    return request.model_validate_json(json.dumps(run.part.ASKED)).model_dump(mode="json")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(base_url=settings().endpoint_url, timeout=60) as http:
        yield http


@pytest.fixture(autouse=True)
def unharmed(run, up, good, fuzz) -> Iterator[None]:
    """After the requests of a test the server is as it was."""
    before = answer(run, good)
    fuzz.watch(Path(up["endpoint"]["log"]))
    yield
    fuzz.verify()
    after = answer(run, good)
    assert after == before or "events" in catalogue.load(run.name).capabilities  # which change the answer


def answer(run: SmallRun, good: dict[str, Any]) -> dict[str, Any]:
    """Return what is answered to the good row, without what is never the same."""
    [prediction] = run.ask(good).raise_for_status().json()["predictions"]
    return {name: value for name, value in prediction.items() if name != "prediction_id"}


def test_requests_in_json(run, good, client, fuzz):
    answered = set()
    described = client.get(f"/v2/models/{run.name}").json()
    paths = [(f"/v1/models/{run.name}:predict", 220)]
    paths += [(f"/v1/models/{run.name}:explain", 40)] * described["explains"]
    for path, usual in paths:
        for mutator in fuzz.examples(f"{run.name} {path[-8:]}", usual):
            content, headers = mutator.body({"instances": [good]}), mutator.headers(JSON, HEADERS)
            reply = fuzz.post(client, mutator, path, content, headers)
            if reply and reply.status_code == httpx.codes.OK and path.endswith(":predict"):
                answered |= {row["prediction_id"] for row in reply.json()["predictions"]}
    if described["streams"]:
        for mutator in fuzz.examples(f"{run.name} generate", 40):
            fuzz.post(client, mutator, f"/v2/models/{run.name}/generate", mutator.body(good))
    assert answered <= set(read(run.name)["prediction_id"])


def test_tensors(run, good, client, fuzz):
    path = f"/v2/models/{run.name}"
    valid = tensors(client.get(path).json()["inputs"], good)
    for mutator in fuzz.examples(f"{run.name} V2", 140):
        fuzz.post(client, mutator, f"{path}/infer", v2.body(mutator, valid))
    for mutator in fuzz.examples(f"{run.name} V2 with bytes", 110):
        fuzz.post(client, mutator, f"{path}/infer", *v2.binary(mutator, valid))


def test_messages_of_grpc(run, good, client, fuzz):
    valid, answered = tensors(client.get(f"/v2/models/{run.name}").json()["inputs"], good), set()
    with grpc.insecure_channel(f"127.0.0.1:{settings().grpc_port}") as channel:
        for mutator in fuzz.examples(f"{run.name} gRPC", 200):
            message = v2.message(mutator, run.name, valid)
            if (reply := fuzz.call(channel, mutator, "ModelInfer", message)) and v2.same_name(message, run.name):
                outputs = {output.name: output.contents for output in pb.ModelInferResponse.FromString(reply).outputs}
                if "prediction_id" in outputs:
                    answered |= {text.decode() for text in outputs["prediction_id"].bytes_contents}
    assert answered <= set(read(run.name)["prediction_id"])


def having(capability: str) -> list:
    return each([name for name in names() if capability in catalogue.load(name).capabilities])


@pytest.mark.parametrize("run", having("labels"), indirect=True)
def test_labels(run, good, client, fuzz):
    [row] = run.ask(good).json()["predictions"]
    schema = client.get(f"/v2/models/{run.name}").json()["actual_schema"]
    taken: set[str] = set()
    for mutator in fuzz.examples(f"{run.name} labels", 80):
        content = labels(mutator, row["prediction_id"], schema)
        reply = fuzz.post(client, mutator, f"/v2/models/{run.name}/actuals", content)
        if reply and reply.headers["content-type"] == "application/json" and "results" in reply.json():
            results = reply.json()["results"]
            taken |= {
                id_ for outcome in results if outcome["status"] == httpx.codes.OK for id_ in outcome["prediction_ids"]
            }
    assert taken and taken <= set(label_store().read(run.name)["prediction_id"])


def labels(mutator: Mutator, id_: str, schema: dict[str, Any]) -> bytes:
    """Return the body of some labels of one prediction."""
    label = {"prediction_id": id_, "label": value_of(schema, mutator.random), "correct": True}
    if mutator.random.random() < 0.8:
        label["known_at"] = datetime.now(UTC).isoformat()
    return mutator.body({"actuals": [label] * mutator.random.choice((1, 3))})


@pytest.mark.parametrize("run", having("events"), indirect=True)
def test_events(run, client, fuzz):
    fields = catalogue.load(run.name).Event.model_fields
    event = {name: field.examples[0] for name, field in fields.items() if field.examples}
    for mutator in fuzz.examples(f"{run.name} events", 100):
        path, body = mutator.random.choice([("event", event), ("events", {"events": [event] * 3})])
        fuzz.post(client, mutator, f"/v1/models/{run.name}:{path}", mutator.body(body))
