"""Predictions of any fields and shapes, the same in V1, V2, gRPC, the log and the OpenAPI document."""

import json

import grpc
import jsonschema
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from predictions import read
from tests.small_capstones.models import Answers
from tests.support.capstones_of_tests import task

IMAGES = [[[1.0, 2.0], [3.0, 0.5]], [[6.0, 7.0], [8.0, 9.0]]]
ROWS = [
    {"image": IMAGES[0], "history": [1.0, 2.0], "words": ["a", "b"], "options": {"k": 1}},
    {"image": IMAGES[1], "history": [3.0], "words": ["c", "d"], "options": {"l": 2}},
]
TENSORS = [
    {"name": "image", "shape": [2, 2, 2], "datatype": "FP64", "data": IMAGES},
    {"name": "history", "shape": [2], "datatype": "BYTES", "data": ["[1.0, 2.0]", "[3.0]"]},
    {"name": "words", "shape": [2, 2], "datatype": "BYTES", "data": ["a", "b", "c", "d"]},
    {"name": "options", "shape": [2], "datatype": "BYTES", "data": ['{"k": 1}', '{"l": 2}']},
]
TYPES = {
    "total": ("FP64", [2]),
    "count": ("INT64", [2]),
    "large": ("BOOL", [2]),
    "label": ("BYTES", [2]),
    "classes": ("FP64", [2, 10]),
    "forecast": ("FP64", [2, 48, 9]),
    "ragged": ("BYTES", [2]),
    "words": ("BYTES", [2]),
    "places": ("BYTES", [2]),
    "scores": ("BYTES", [2]),
    "spread": ("FP64", [2]),
}
JSON = ("ragged", "words", "places", "scores")


@pytest.fixture(scope="module")
def served(server, mlflow):
    """`price`, `shapes` and `picture`, served."""
    for name in ("price", "shapes", "picture"):
        mlflow.roles(name, champion=mlflow.register(name))
        assert server.load(name).status_code == 200
    yield server
    for name in ("price", "shapes", "picture"):
        mlflow.roles(name)
        server.load(name)


def shaped(name: str, shape: list[int], values: list) -> list:
    """Return the rows of a tensor."""
    return [json.loads(value) for value in values] if name in JSON else np.array(values).reshape(shape).tolist()


def test_a_price_is_a_price(served):
    (row,) = served.predict({"area": 100.0}, name="price").json()["predictions"]
    assert row["price"] == pytest.approx(129.9) and "probability" not in row
    outputs = served.infer({"name": "area", "shape": [1], "datatype": "FP64", "data": [100.0]}, name="price").json()
    assert outputs["outputs"][0] == {"name": "price", "shape": [1], "datatype": "FP64", "data": [row["price"]]}
    logged = read("price").set_index("prediction_id").loc[row["prediction_id"]]
    assert logged["prediction"] == {"price": row["price"]} and logged["inputs"] == {"area": 100.0}


def test_an_explanation_is_in_the_unit_of_what_it_explains(served):
    body = {"instances": [{"area": 100.0}]}
    (row,) = served.client.post("/v1/models/price:explain", json=body).json()["explanations"]
    assert (row["explained"], row["unit"], row["base"]) == ("price", "value", 0.0)
    assert row["price"] == row["base"] + sum(row["contributions"].values())


def test_v1(served):
    first, second = served.predict(*ROWS, name="shapes").json()["predictions"]
    assert (first["total"], first["count"], first["large"], first["label"]) == (6.5, 4, False, "small")
    assert first["classes"] == [6.5 + i for i in range(10)] and np.shape(first["forecast"]) == (48, 9)
    assert (first["ragged"], second["ragged"]) == ([1.0, 2.0], [3.0])
    assert (first["spread"], second["spread"]) == (6.5, None)
    assert second["places"] == [{"name": "here", "rank": 1}] and second["scores"] == {"l": 2.0}


def test_v2(served):
    expected = served.predict(*ROWS, name="shapes").json()["predictions"]
    reply = served.infer(*TENSORS, name="shapes")
    assert reply.status_code == 200, reply.text
    outputs = {tensor["name"]: tensor for tensor in reply.json()["outputs"]}
    for name, (datatype, shape) in TYPES.items():
        tensor = outputs[name]
        assert (tensor["datatype"], tensor["shape"]) == (datatype, shape)
        assert shaped(name, shape, tensor["data"]) == [row[name] for row in expected], name


def test_v2_binary(served):
    raw = {"image": np.array(IMAGES).tobytes()}
    for tensor in TENSORS[1:]:
        texts = [text.encode() for text in tensor["data"]]
        raw[tensor["name"]] = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    inputs = [
        {key: tensor[key] for key in ("name", "shape", "datatype")}
        | {"parameters": {"binary_data_size": len(raw[tensor["name"]])}}
        for tensor in TENSORS
    ]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    body = head + b"".join(raw[tensor["name"]] for tensor in TENSORS)
    reply = served.client.post("/v2/models/shapes/infer", content=body, headers=headers)
    assert reply.status_code == 200, reply.text
    start = int(reply.headers["inference-header-content-length"])
    expected = {t["name"]: t for t in served.infer(*TENSORS, name="shapes").json()["outputs"]}
    for tensor in json.loads(reply.content[:start])["outputs"]:
        stop = start + tensor["parameters"]["binary_data_size"]
        data, start = reply.content[start:stop], stop
        kind = {"FP64": "<f8", "INT64": "<i8", "BOOL": "?"}.get(tensor["datatype"])
        if kind:
            values = [None if value != value else value for value in np.frombuffer(data, kind).tolist()]
            assert values == expected[tensor["name"]]["data"]
    assert start == len(reply.content)


def test_grpc(served):
    request = pb.ModelInferRequest(model_name="shapes")
    for tensor in TENSORS:
        numbers = tensor["datatype"] == "FP64"
        data = np.ravel(tensor["data"]).tolist() if numbers else [text.encode() for text in tensor["data"]]
        contents = pb.InferTensorContents(**{"fp64_contents" if numbers else "bytes_contents": data})
        request.inputs.add(name=tensor["name"], shape=tensor["shape"], datatype=tensor["datatype"], contents=contents)
    with grpc.insecure_channel(f"127.0.0.1:{served.grpc_port}") as channel:
        reply = GRPCInferenceServiceStub(channel).ModelInfer(request)
    expected = served.predict(*ROWS, name="shapes").json()["predictions"]
    fields = {"FP64": "fp64_contents", "INT64": "int64_contents", "BOOL": "bool_contents", "BYTES": "bytes_contents"}
    for tensor in reply.outputs:
        if tensor.name in TYPES:
            assert (tensor.datatype, list(tensor.shape)) == TYPES[tensor.name]
            values = list(getattr(tensor.contents, fields[tensor.datatype]))
            if tensor.name in JSON:
                assert [json.loads(value) for value in values] == [row[tensor.name] for row in expected]
            elif tensor.name == "label":
                assert values == [b"small", b"large"]
            elif tensor.name == "spread":
                assert values[0] == 6.5 and values[1] != values[1]
            else:
                assert shaped(tensor.name, list(tensor.shape), values) == [row[tensor.name] for row in expected]


def test_metadata_states_the_tensors(served):
    metadata = served.client.get("/v2/models/shapes").json()
    inputs = {tensor["name"]: (tensor["datatype"], tensor["shape"]) for tensor in metadata["inputs"]}
    assert inputs["image"] == ("FP64", [-1, -1, -1]) and inputs["words"] == ("BYTES", [-1, -1])
    assert inputs["options"] == ("BYTES", [-1])
    outputs = {tensor["name"]: (tensor["datatype"], tensor["shape"]) for tensor in metadata["outputs"]}
    assert outputs["classes"] == ("FP64", [-1, 10]) and outputs["forecast"] == ("FP64", [-1, -1, -1])
    assert outputs["ragged"] == ("FP64", [-1, -1])  # rows that differ in length come as BYTES of JSON
    assert metadata["prediction_schema"] == task("shapes").Prediction.model_json_schema(mode="serialization")


def test_the_document_has_the_answers_schema(served):
    document = served.client.get("/openapi.json").json()
    for path, reply in {
        "/v1/models/shapes:predict": served.predict(*ROWS, name="shapes"),
        "/v1/models/price:explain": served.client.post("/v1/models/price:explain", json={"instances": [{"area": 1.0}]}),
    }.items():
        content = document["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
        schema = content["schema"] | {"components": document["components"]}
        jsonschema.validate(reply.json(), schema)
        answer = json.loads(reply.text.replace('"price"', '"prize"').replace('"total"', '"sum"'))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(answer, schema)


BAD = {
    "a matrix too few": (
        {"name": "image", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]},
        "has the shape [1, 2]; expected [rows, *, *]",
    ),
    "nested otherwise": (
        {"name": "image", "shape": [1, 2, 1], "datatype": "FP64", "data": [[[1.0], [2.0, 3.0]]]},
        "is nested otherwise than its shape [1, 2, 1] says",
    ),
    "no JSON": ({"name": "image", "shape": [1], "datatype": "BYTES", "data": ["[["]}, "holds text that is no JSON"),
    "another type": (
        {"name": "image", "shape": [1], "datatype": "BYTES", "data": ['[["a"]]']},
        "row 0, image.0.0: Input should be a valid number",
    ),
}


@pytest.mark.parametrize(("tensor", "problem"), BAD.values(), ids=BAD)
def test_bad_tensors_of_higher_rank(served, tensor, problem):
    reply = served.infer(tensor, name="shapes")
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


def test_an_empty_dimension(served):
    reply = served.infer({"name": "image", "shape": [2, 0, 3], "datatype": "FP64", "data": []}, name="shapes")
    assert reply.status_code == 200 and reply.json()["outputs"][0]["data"] == [0.0, 0.0], reply.text


def test_a_picture_is_base64_text(served):
    png = "iVBORw0KGgo="
    (row,) = served.predict({"image": png}, name="picture", return_features=True).json()["predictions"]
    assert (row["size"], row["head"], row["features"]) == (8, "PNG", {"image": png})
    reply = served.infer({"name": "image", "shape": [1], "datatype": "BYTES", "data": [png]}, name="picture").json()
    assert [tensor["data"] for tensor in reply["outputs"][:2]] == [[8], ["PNG"]]
    logged = read("picture").set_index("prediction_id").loc[row["prediction_id"]]
    assert logged["inputs"] == {"image": png} and logged["features"] == {"image": png}
    schema = served.client.get("/v2/models/picture").json()["request_schema"]["properties"]["image"]
    assert (schema["contentEncoding"], schema["contentMediaType"]) == ("base64", "image/png")
    for wrong in (5, "YWJ"):
        assert served.predict({"image": wrong}, name="picture").status_code == 400


def test_a_wrong_prediction_is_one_clear_error(server, mlflow):
    wrong = mlflow.register("price", model=Answers({"area": "double"}, prices_without_one))
    mlflow.roles("price", champion=wrong)
    try:
        assert server.load("price").status_code == 200
        reply = server.predict({"area": 1.0}, {"area": 2.0}, name="price")
        expected = f"Version {wrong} of 'price' gave a prediction that its schema refuses: row 1, price: nan is no"
        assert reply.status_code == 500 and reply.json()["error"].startswith(expected)
        assert "Traceback" not in server.log.read_text()
    finally:
        mlflow.roles("price")
        server.load("price")


def prices_without_one(columns) -> dict:
    """Return NaN for the last row."""
    return {"price": [*columns["area"][:-1], float("nan")]}
