"""V1, V2 and gRPC say the same."""

import json
import math
from datetime import timedelta

import grpc
import numpy as np
import psutil
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.support.serving import tensors
from tests.support.tiny_store import FLIGHT, NOW

BARE = {"carrier": "AA", "origin": "JFK", "sched_dep": "2013-06-01T13:00:00Z"}
FEATURES = {"carrier_delay": 12.0, "carrier_flights": 30, "runways": 4, "age": 7.5, "hour": 13}


def score(**features) -> float:
    return 1 / (1 + math.exp(-sum(features.values()) / 100))


def outputs(reply) -> dict[str, list]:
    assert reply.status_code == 200, reply.text
    return {tensor["name"]: tensor["data"] for tensor in reply.json()["outputs"]}


def grpc_request(*rows: dict, name: str = "tiny", **parameters) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name=name, id="42")
    for tensor in tensors(*rows):
        contents = {"BYTES": "bytes_contents", "INT64": "int64_contents"}[tensor["datatype"]]
        data = [value.encode() if isinstance(value, str) else value for value in tensor.pop("data")]
        request.inputs.add(**tensor, contents=pb.InferTensorContents(**{contents: data}))
    for key, value in parameters.items():
        request.parameters[key].bool_param = value
    return request


@pytest.fixture(scope="module")
def stub(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield GRPCInferenceServiceStub(channel)


def test_v1(server):
    reply = server.predict(FLIGHT, FLIGHT | {"carrier": "ZZ", "tailnum": None}, return_features=True)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    first, second = reply.json()["predictions"]
    assert first["probability"] == pytest.approx(score(**FEATURES))
    assert first["features"] == FEATURES
    assert (first["variant"], first["model_version"]) == ("champion", "1")
    assert first["missing_features"] == first["expired_features"] == first["future_features"] == []
    assert second["probability"] == pytest.approx(score(runways=4, hour=13))
    assert second["missing_features"] == ["carrier_delay", "carrier_flights", "age"]
    assert len({first["prediction_id"], second["prediction_id"]}) == 2
    assert "features" not in server.predict(FLIGHT).json()["predictions"][0]


def test_expired_and_future_features_are_reported(server):
    rows = [FLIGHT | {"sched_dep": (NOW + timedelta(hours=h)).isoformat()} for h in (3, 0)]
    late, early = server.predict(*rows).json()["predictions"]
    assert late["expired_features"] == ["carrier_delay", "carrier_flights"]
    assert early["future_features"] == ["carrier_delay", "carrier_flights", "age"]


def test_all_protocols_agree(server, stub):
    rows = [FLIGHT, FLIGHT | {"carrier": "ZZ"}, FLIGHT | {"origin": "XXX"}]
    v1 = server.predict(*rows).json()["predictions"]
    v2 = outputs(server.infer(*tensors(*rows)))
    reply = stub.ModelInfer(grpc_request(*rows))
    remote = {tensor.name: tensor.contents for tensor in reply.outputs}
    assert v2["probability"] == [row["probability"] for row in v1] == list(remote["probability"].fp64_contents)
    missing = [row["missing_features"] for row in v1]
    assert missing == [json.loads(text) for text in v2["missing_features"]]
    assert missing == [json.loads(text) for text in remote["missing_features"].bytes_contents]
    assert (reply.id, reply.model_version, reply.parameters["variant"].string_param) == ("42", "1", "champion")


def test_v2_answers_with_id_version_and_features(server, stub):
    reply = server.infer(*tensors(FLIGHT), id="mine", parameters={"return_features": True})
    assert json.loads(outputs(reply)["features"][0]) == FEATURES
    body = reply.json()
    assert (body["id"], body["model_version"], body["parameters"]) == ("mine", "1", {"variant": "champion"})
    remote = stub.ModelInfer(grpc_request(FLIGHT, return_features=True)).outputs
    assert json.loads(next(t for t in remote if t.name == "features").contents.bytes_contents[0]) == FEATURES


def test_nulls_of_v2_are_absent_tensors_empty_strings_or_json_nulls(server, stub):
    expected = server.predict(BARE).json()["predictions"][0]["probability"]
    for row in (BARE, BARE | {"tailnum": ""}, BARE | {"tailnum": None}):
        assert outputs(server.infer(*tensors(row)))["probability"] == [expected]
    for row in (BARE, BARE | {"tailnum": ""}):
        assert list(stub.ModelInfer(grpc_request(row)).outputs[0].contents.fp64_contents) == [expected]


def test_shapes_with_a_trailing_one(server):
    column = [dict(t, shape=[2, 1], data=[[value] for value in t["data"]]) for t in tensors(FLIGHT, FLIGHT)]
    flat = [dict(t, shape=[2, 1]) for t in tensors(FLIGHT, FLIGHT)]
    assert outputs(server.infer(*column))["probability"] == outputs(server.infer(*flat))["probability"]


def test_binary_tensors(server, stub):
    from kserve import InferInput, InferRequest

    inputs = []
    for tensor in tensors(FLIGHT):
        kind = np.int64 if tensor["datatype"] == "INT64" else np.object_
        item = InferInput(tensor["name"], [1], tensor["datatype"])
        item.set_data_from_numpy(np.array(tensor["data"], dtype=kind), binary_data=True)
        inputs.append(item)
    expected = server.predict(FLIGHT).json()["predictions"][0]["probability"]
    request = InferRequest("tiny", inputs, parameters={"binary_data_output": True})
    body, size = request.to_rest()
    headers = {"inference-header-content-length": str(size), "content-type": "application/octet-stream"}
    reply = server.client.post("/v2/models/tiny/infer", content=body, headers=headers)
    assert reply.status_code == 200, reply.text
    start = int(reply.headers["inference-header-content-length"])
    assert json.loads(reply.content[:start])["outputs"][0]["name"] == "probability"
    assert np.frombuffer(reply.content[start : start + 8])[0] == expected
    remote = stub.ModelInfer(InferRequest("tiny", inputs).to_grpc())
    assert np.frombuffer(remote.raw_output_contents[0])[0] == expected


def test_without_a_feature_service_the_fields_are_the_input(server):
    reply = server.predict({"x": 100.0}, {"x": 0, "y": 50.0}, name="plain", return_features=True)
    rows = reply.json()["predictions"]
    assert [row["probability"] for row in rows] == pytest.approx([score(x=100), score(y=50)])
    assert [row["features"] for row in rows] == [{"x": 100.0, "y": None}, {"x": 0.0, "y": 50.0}]


@pytest.mark.parametrize("content_type", [None, "application/json; charset=utf-8", "text/plain", "a/b", ""])
def test_json_needs_no_content_type(server, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    v1, v2 = json.dumps({"instances": [FLIGHT]}).encode(), json.dumps({"inputs": tensors(FLIGHT)}).encode()
    assert server.client.post("/v1/models/tiny:predict", content=v1, headers=headers).status_code == 200
    assert server.client.post("/v2/models/tiny/infer", content=v2, headers=headers).status_code == 200


def test_metadata_health_and_metrics(server, stub):
    metadata = server.client.get("/v2/models/tiny").json()
    assert metadata["versions"] == ["1"]
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in metadata["inputs"]}
    assert datatypes == dict.fromkeys(FLIGHT, "BYTES") | {"seats_sold": "INT64"}
    assert metadata["outputs"][0] == {"name": "probability", "datatype": "FP64", "shape": [-1]}
    assert server.client.get("/v2/health/live").json() == {"live": True}
    assert server.client.get("/v2/health/ready").json() == {"ready": True}
    assert server.client.get("/v2/models/tiny/ready").json()["ready"]
    assert "capstan_request_seconds" in server.client.get("/metrics").text
    assert stub.ServerLive(pb.ServerLiveRequest()).live
    assert stub.ModelReady(pb.ModelReadyRequest(name="tiny")).ready
    assert stub.ModelMetadata(pb.ModelMetadataRequest(name="tiny")).inputs[0].name == "carrier"


def test_listens_on_loopback_only(server):
    connections = psutil.net_connections("tcp")
    listening = [c for c in connections if c.pid == server.child.pid and c.status == psutil.CONN_LISTEN]
    assert {(c.laddr.ip.removeprefix("::ffff:"), c.laddr.port) for c in listening} == {
        ("127.0.0.1", server.port),
        ("127.0.0.1", server.grpc_port),
    }


def test_a_request_leaves_no_line_in_the_log(server):
    before = server.log.read_text()
    server.predict(FLIGHT)
    server.infer(*tensors(FLIGHT))
    assert server.log.read_text() == before
