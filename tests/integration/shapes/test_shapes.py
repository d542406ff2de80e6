"""Capstones of many shapes, each through the local pipeline, V1, V2 and gRPC, with bad input."""

import base64
import json
from functools import cache, partial

import grpc
import httpx
import numpy as np
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from capstan import catalogue
from capstan.data.storage import Folder
from capstan.services import endpoint_client
from capstan.settings import settings
from capstan.versions import registry
from monitoring import signals
from predictions import reader
from tests.fuzz.boundaries import grpc_request, tensors

pytestmark = pytest.mark.slow
# By name: a request that each refuses, and the field that its answer has to name.
BAD = {
    "house_sale": ({"living_area": -1.0, "lot_area": 1.0, "built": 1990.0, "neighborhood": "x"}, "living_area"),
    "digit_image": ({"image": base64.b64encode(b"no image").decode()}, "image"),
    "electricity_day": ({"week": [4.5] * 335}, "week"),
    "movie_ranking": ({"liked": [], "count": 5}, "liked"),
    "wine_cluster": ({"alcohol": "strong"}, "alcohol"),
    "artwork_medium": ({"artist": 7, "title": "x"}, "artist"),
    "artwork_title": ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
    "frozen_digit": ({"pixels": [0.0] * 63}, "pixels"),
}
NAMES = list(BAD)


@pytest.fixture(scope="module")
def ran(run):
    """Run a capstone by name, once; return its summary, its metadata, examples of its requests and a client."""

    @cache
    def complete(name: str) -> dict:
        summary, task = run(name), catalogue.load(name)
        client = httpx.Client(base_url=settings().endpoint_url, timeout=30)
        metadata = client.get(f"/v2/models/{name}").raise_for_status().json()
        rows = task.examples(task.split(task.load(None))[1])
        return {"name": name, "run": summary, "metadata": metadata, "rows": rows, "client": client}

    return complete


@pytest.fixture(scope="module", params=NAMES)
def capstone(request, ran) -> dict:
    """One run of each capstone."""
    return ran(request.param)


def v1(capstone: dict, rows: list[dict]) -> list[dict]:
    reply = capstone["client"].post(f"/v1/models/{capstone['name']}:predict", json={"instances": rows})
    assert reply.status_code == 200, reply.text
    return reply.json()["predictions"]


def value(tensor: dict) -> object:
    """Return the one row of an answer's tensor."""
    if tensor["datatype"] == "BYTES":
        try:
            return json.loads(tensor["data"][0])
        except ValueError:
            return tensor["data"][0]
    return np.array(tensor["data"]).reshape(tensor["shape"])[0].tolist()


def same(got: object, expected: object) -> bool:
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return got == pytest.approx(expected)
    if isinstance(expected, list):
        return len(got) == len(expected) and all(same(*pair) for pair in zip(got, expected, strict=True))
    if isinstance(expected, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in expected)
    return got == expected


def test_run_is_accepted_and_served(capstone):
    run, task = capstone["run"], catalogue.load(capstone["name"])
    assert run["verdict"] == "accepted"
    assert all(bound.holds(run["scores"][metric]) for metric, bound in task.THRESHOLDS.items())
    assert capstone["metadata"]["variants"] == {"champion": run["version"]}


def test_v1_answers_the_fields_of_the_prediction_and_no_others(capstone):
    task = catalogue.load(capstone["name"])
    for answer in v1(capstone, capstone["rows"]):
        fields = {name: answer.pop(name) for name in task.Prediction.model_fields}
        task.Prediction.model_validate_json(json.dumps(fields))
        assert set(answer) == {
            *("model_version", "variant", "prediction_id"),
            *("missing_features", "expired_features", "future_features"),
        }


def test_answer_is_what_the_model_says_of_the_row(capstone):
    row, task = capstone["rows"][0], catalogue.load(capstone["name"])
    request = task.Request.model_validate_json(json.dumps(row))
    model = registry.load_version(capstone["name"], capstone["run"]["version"]).model
    expected = model.predict_columns({name: [getattr(request, name)] for name in model.inputs})
    [answer] = v1(capstone, [row])
    for field, values in expected.items():
        wanted = values[0].tolist() if hasattr(values[0], "tolist") else values[0]
        assert same(answer[field], wanted), field


def test_weights_reach_the_steps_and_the_version_without_a_copy(ran, place):
    """Every file with this content is one file of the disk, and no version has another."""
    name = "frozen_digit"
    version = registry.load_version(name, ran(name)["run"]["version"])
    [stated] = version.task.WEIGHTS.values()
    cached = place.home / "data" / stated.key
    assert cached.samefile(version.model.weight_files["convolution"])
    content = cached.read_bytes()
    alike = [path for path in place.home.rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    same = [path for path in alike if path.read_bytes() == content]
    assert {path.stat().st_ino for path in same} == {cached.stat().st_ino}
    assert [path for path in same if "fetch-weights" in path.parts] and len(same) == 2


@pytest.mark.parametrize("name", ["house_sale", "digit_image", "electricity_day", "wine_cluster"])
def test_live_answers_have_the_signals_of_the_test_data(ran, place, name):
    capstone, task = ran(name), catalogue.load(name)
    ids = [answer["prediction_id"] for answer in v1(capstone, capstone["rows"])]
    endpoint_client.flush(name)
    log = reader.read(name)
    reference = signals.read_reference(Folder(place.home), name, capstone["run"]["version"])
    answered = log[log["prediction_id"].isin(ids)]
    version = capstone["run"]["version"]
    live = signals.of_predictions(task, answered, reference, lambda: registry.load_version(name, version).model)
    label = [task.OUTCOME.target] if task.OUTCOME else []
    assert sorted([*live, *label]) == sorted(reference)
    for column in live:  # the rows are among those of the reference; a client may have rounded them
        same = np.equal if live[column].dtype == object else partial(np.isclose, atol=1e-3)
        assert same(live[column].to_numpy()[:, None], reference[column].to_numpy()).any(axis=1).all(), column


def test_v2_answers_the_same_as_v1(capstone):
    row = capstone["rows"][0]
    reply = capstone["client"].post(
        f"/v2/models/{capstone['name']}/infer", json={"inputs": tensors(capstone["metadata"]["inputs"], row)}
    )
    assert reply.status_code == 200, reply.text
    outputs = {tensor["name"]: value(tensor) for tensor in reply.json()["outputs"]}
    [expected] = v1(capstone, [row])
    for tensor in capstone["metadata"]["outputs"]:
        if tensor["name"] in catalogue.load(capstone["name"]).Prediction.model_fields:
            assert same(outputs[tensor["name"]], expected[tensor["name"]]), tensor["name"]


def test_grpc_answers_the_same_as_v1(capstone):
    row = capstone["rows"][0]
    kinds = {"FP64": "fp64_contents", "INT64": "int64_contents", "BYTES": "bytes_contents", "BOOL": "bool_contents"}
    request = grpc_request(capstone["name"], tensors(capstone["metadata"]["inputs"], row))
    with grpc.insecure_channel(f"127.0.0.1:{settings().grpc_port}") as channel:
        reply = GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=30)
    [expected] = v1(capstone, [row])
    for output in reply.outputs:
        if output.name in catalogue.load(capstone["name"]).Prediction.model_fields:
            data = list(getattr(output.contents, kinds[output.datatype]))
            data = [item.decode() for item in data] if output.datatype == "BYTES" else data
            tensor = {"datatype": output.datatype, "shape": list(output.shape), "data": data}
            assert same(value(tensor), expected[output.name]), output.name


def test_bad_input_is_refused_with_the_field(capstone):
    row, field = BAD[capstone["name"]]
    reply = capstone["client"].post(f"/v1/models/{capstone['name']}:predict", json={"instances": [row]})
    assert reply.status_code == 400 and field in reply.json()["error"]
    again = capstone["client"].post(f"/v1/models/{capstone['name']}:predict", json={"instances": capstone["rows"]})
    assert again.status_code == 200


def test_answers_are_in_the_prediction_log(capstone):
    from predictions import read

    [answer] = v1(capstone, capstone["rows"][:1])
    logged = read(capstone["name"]).set_index("prediction_id").loc[answer["prediction_id"]]
    fields = catalogue.load(capstone["name"]).Prediction.model_fields
    assert same(logged["prediction"], {name: answer[name] for name in fields})


def test_predict_of_the_command_shows_each_field(capstone, place, tmp_path):
    (tmp_path / "request.json").write_text(json.dumps(capstone["rows"][0]))
    done = place("predict", capstone["name"], "--file", str(tmp_path / "request.json"))
    assert done.returncode == 0, done.stderr
    assert f"version {capstone['run']['version']}" in done.stdout
    fields = list(catalogue.load(capstone["name"]).Prediction.model_fields)
    assert len(fields) == 1 or all(field in done.stdout for field in fields)


def test_explanation_of_a_price_adds_up_in_dollars(ran):
    house = ran("house_sale")
    reply = house["client"].post("/v1/models/house_sale:explain", json={"instances": house["rows"]})
    for explanation in reply.json()["explanations"]:
        assert (explanation["explained"], explanation["unit"]) == ("price", "value")
        assert explanation["base"] + sum(explanation["contributions"].values()) == pytest.approx(explanation["price"])


def test_model_that_explains_or_streams_nothing_says_so(ran):
    wine = ran("wine_cluster")
    assert (wine["metadata"]["explains"], wine["metadata"]["streams"]) == (False, False)
    assert wine["client"].post("/v2/models/wine_cluster/generate", json=wine["rows"][0]).status_code == 501


def test_stream_adds_up_to_the_whole(ran):
    client, row = ran("artwork_title")["client"], {"prompt": "Study for a ", "max_tokens": 60, "seed": 3}
    whole = client.post("/v2/models/artwork_title/generate", json=row).raise_for_status().json()
    with client.stream("POST", "/v2/models/artwork_title/generate_stream", json=row) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        parts = [json.loads(line.removeprefix("data: ")) for line in reply.iter_lines() if line.startswith("data: ")]
    assert len(parts) > 5 and "".join(part["text"] for part in parts) == whole["text"]


def test_number_of_the_shell_is_a_number(ran, place):
    ran("house_sale")
    pairs = {"living_area": "1500", "lot_area": "9600.5", "built": "1978", "neighborhood": "North_Ames"}
    done = place("predict", "house_sale", *(f"--entity={key}={text}" for key, text in pairs.items()), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["predictions"][0]["price"] > 10_000
