"""Compressed bodies, bodies of the model repository, versions in paths: read, or refused with a reason."""

import gzip
import json
import zlib
from codecs import BOM_UTF8

import pytest

from tests.support.serving import tensors
from tests.support.tiny_store import FLIGHT

PREDICT, LOAD, INDEX = "/v1/models/plain:predict", "/v2/repository/models/plain/load", "/v2/repository/index"
BODY = b'{"instances": [{"x": 1.5}]}'
X = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1.5]}
ZIPPED = gzip.compress(BODY)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        *(("gzip", ZIPPED), ("X-GZIP", ZIPPED), ("deflate", zlib.compress(BODY)), ("identity", BODY), ("", BODY)),
        ("gzip", gzip.compress(BODY[:9]) + gzip.compress(b"") + gzip.compress(BODY[9:])),
        *(("", BOM_UTF8 + BODY), ("gzip", gzip.compress(BOM_UTF8 + BODY))),
    ],
    ids=["gzip", "X-GZIP", "deflate", "identity", "none", "members", "byte-order mark", "mark in gzip"],
)
def test_compressed_bodies(server, coding, body):
    reply = server.client.post(PREDICT, content=body, headers={"content-encoding": coding})
    assert reply.status_code == 200, reply.text
    pieces = (body[i : i + 1] for i in range(len(body)))
    assert server.client.post(PREDICT, content=pieces, headers={"content-encoding": coding}).status_code == 200


CODINGS = {
    "not compressed": ("gzip", BODY, 400, "The body is no gzip"),
    "cut off": ("gzip", ZIPPED[:-5], 400, "The body's gzip is cut off"),
    "nothing": ("deflate", b"", 400, "The body's deflate is cut off"),
    "followed by more": ("gzip", ZIPPED + b"x", 400, "The body's gzip is followed by more"),
    "followed by another": ("deflate", 2 * zlib.compress(BODY), 400, "The body's deflate is followed by more"),
    "many members": ("gzip", gzip.compress(b" ") * 1_001, 400, "The body's gzip is followed by more"),
    "the second cut off": ("gzip", ZIPPED + ZIPPED[:-5], 400, "The body's gzip is cut off"),
    "a bomb of members": ("gzip", gzip.compress(b" " * 2**20) * 2, 413, "larger than 1048576 bytes"),
    "no JSON inside": ("gzip", gzip.compress(b"hello"), 400, "no valid JSON"),
    "unknown": ("br", BODY, 415, "Content-Encoding 'br' is unknown; expected deflate, gzip, x-gzip."),
    "a bomb": ("gzip", gzip.compress(b" " * 2**27), 413, "The inflated body is larger than 1048576 bytes"),
}


@pytest.mark.parametrize(("coding", "body", "status", "problem"), CODINGS.values(), ids=CODINGS)
def test_bodies_that_cannot_be_inflated(server, coding, body, status, problem):
    reply = server.client.post(PREDICT, content=body, headers={"content-encoding": coding})
    assert reply.status_code == status and problem in reply.json()["error"], reply.text


def test_compressed_binary_tensors(server):
    header = json.dumps({"inputs": [{k: X[k] for k in X if k != "data"} | {"parameters": {"binary_data_size": 8}}]})
    body = gzip.compress(header.encode() + b"\0\0\0\0\0\0\xf8?")
    headers = {"content-encoding": "gzip", "inference-header-content-length": str(len(header))}
    reply = server.client.post("/v2/models/plain/infer", content=body, headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.json()["outputs"][0] == server.infer(X, name="plain").json()["outputs"][0]


REPOSITORY = {
    "no JSON": (LOAD, b"hello", "no valid JSON"),
    "a list": (INDEX, b"[]", "The body is a JSON list. Expected an object with ready in it, or no body."),
    "a number": (INDEX, b'{"ready": 1}', "`ready` is a int, not a bool."),
    "unknown": (INDEX, b'{"steady": true}', "Unknown field 'steady'."),
    "a configuration": (LOAD, b'{"parameters": {"config": "{}"}}', "Unknown field 'parameters'."),
}


@pytest.mark.parametrize(("path", "body", "problem"), REPOSITORY.values(), ids=REPOSITORY)
def test_bad_bodies_of_the_repository(server, path, body, problem):
    reply = server.client.post(path, content=body)
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


def test_index_of_the_repository(server):
    every, ready = server.client.post(INDEX).json(), server.client.post(INDEX, json={"ready": True}).json()
    assert {"tiny", "plain", "unborn", "steady"} <= {row["name"] for row in every}
    assert [row for row in every if row["state"] == "READY"] == ready
    assert {"name": "plain", "version": "1", "state": "READY", "reason": ""} in ready


def test_versions(server):
    expected = server.infer(*tensors(FLIGHT)).json()["outputs"][0]
    for headers in ({}, {"x-capstan-variant": "champion"}):
        path = "/v2/models/tiny/versions/1/infer"
        reply = server.client.post(path, json={"inputs": tensors(FLIGHT)}, headers=headers)
        assert reply.status_code == 200 and reply.json()["outputs"][0] == expected
    assert server.client.get("/v2/models/tiny/versions/1").json() == server.client.get("/v2/models/tiny").json()
    assert server.client.get("/v2/models/tiny/versions/1/ready").status_code == 200
    for path in ("/v2/models/tiny/versions/99", "/v2/models/tiny/versions/99/ready"):
        reply = server.client.get(path)
        assert reply.status_code == 404 and reply.json()["error"] == "'tiny' has no version '99' loaded; it has 1."


OUTPUTS = {
    "twice": ([X], [{"name": "probability"}] * 2, "Output 'probability' is asked for twice."),
    "no flag": ([X], [{"name": "probability", "parameters": {"binary_data": 1}}], "`binary_data` is neither true nor"),
    "data and bytes": ([X | {"parameters": {"binary_data_size": 8}}], [], "has both `data` and the parameter"),
    "lower case": ([X | {"datatype": "fp64"}], [], "unknown datatype 'fp64'; expected one of BYTES"),
    "text for a size": ([X | {"shape": ["1"]}], [], "inputs.0.shape.0: Input should be a valid integer"),
}


@pytest.mark.parametrize(("inputs", "outputs", "problem"), OUTPUTS.values(), ids=OUTPUTS)
def test_bad_outputs_and_tensors(server, inputs, outputs, problem):
    reply = server.infer(*inputs, name="plain", outputs=outputs)
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


def test_a_mix_of_binary_and_json_outputs(server):
    wanted = [{"name": "probability", "parameters": {"binary_data": True}}, {"name": "missing_features"}]
    reply = server.infer(X, name="plain", outputs=wanted)
    size = int(reply.headers["inference-header-content-length"])
    probability, missing = json.loads(reply.content[:size])["outputs"]
    assert probability["parameters"] == {"binary_data_size": 8} and len(reply.content) == size + 8
    assert missing["data"] == ["[]"]


def test_rows_are_taken_as_the_schema_says(server):
    """No number from text, no text from numbers: what the OpenAPI document says of a row holds."""
    for row in ({"x": "1.5"}, {"x": True}):
        reply = server.predict(row, name="plain")
        assert reply.status_code == 400 and "row 0, x: Input should be a valid number" in reply.json()["error"]
    for number in (1370091600, "1", " 1370091600.5", "1e9", "-1", True):  # seconds since 1970, pydantic would say
        reply = server.predict(FLIGHT | {"sched_dep": number})
        expected = "row 0, sched_dep: Input should be ISO 8601, such as 2013-06-01T13:00:00Z (got "
        assert reply.status_code == 400 and expected in reply.json()["error"], reply.text


def test_a_misspelt_field_gets_a_hint(server):
    error = server.predict({k if k != "carrier" else "carier": v for k, v in FLIGHT.items()}).json()["error"]
    assert "row 0, carier: Extra inputs are not permitted" in error and "Did you mean 'carrier'?" in error


def test_messages_of_validators_read_as_written(server):
    error = server.predict(FLIGHT | {"carrier": "XX"}).json()["error"]
    assert error.startswith("row 0, carrier: unknown carrier 'XX'; expected one of AA, UA, ZZ (got 'XX'). Expected")
