"""Bad requests get a 4xx that names the problem, one line in the log, and never a 500."""

import http.client
import json
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.support.serving import tensors
from tests.support.tiny_store import FLIGHT


def without(name: str) -> dict:
    return {key: value for key, value in FLIGHT.items() if key != name}


def tensor(name="x", shape=(1,), datatype="FP64", data=(1.0,)) -> dict:
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": list(data)}


ROWS = {
    "missing field": (without("carrier"), "row 0, carrier: Field required. Expected fields: carrier, origin, tailnum"),
    "unknown field": (FLIGHT | {"gate": "B4"}, "row 0, gate: Extra inputs are not permitted"),
    "unknown carrier": (FLIGHT | {"carrier": "XX"}, "unknown carrier 'XX'; expected one of AA, UA, ZZ"),
    "bad airport": (FLIGHT | {"origin": "jfk"}, "row 0, origin: String should match pattern"),
    "number for text": (FLIGHT | {"carrier": 5}, "row 0, carrier: Input should be a valid string (got 5)"),
    "null for text": (FLIGHT | {"carrier": None}, "row 0, carrier: Input should be a valid string"),
    "text for number": (FLIGHT | {"seats_sold": "many"}, "row 0, seats_sold: Input should be a valid integer"),
    "out of range": (FLIGHT | {"seats_sold": -1}, "greater than or equal to 0"),
    "no date": (FLIGHT | {"sched_dep": "soon"}, "row 0, sched_dep: Input should be a valid datetime"),
    "no time zone": (FLIGHT | {"sched_dep": "2013-06-01T13:00:00"}, "should have timezone info"),
    "first instant": (FLIGHT | {"sched_dep": "0001-01-01T00:00:00+14:00"}, "sched_dep: expected the years 1900"),
    "far future": (FLIGHT | {"sched_dep": "9999-12-31T23:59:59Z"}, "expected the years 1900 to 2199"),
    "list for text": (FLIGHT | {"carrier": ["AA"]}, "row 0, carrier: Input should be a valid string"),
    "no object": ("AA", "row 0: Input should be an object (got 'AA')"),
}


@pytest.mark.parametrize(("row", "problem"), ROWS.values(), ids=ROWS)
def test_bad_rows(server, row, problem):
    reply = server.predict(row)
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


# The rest is a matter of the tensor's datatype: see TENSORS.
V2_ROWS = {name: case for name, case in ROWS.items() if not name.endswith(("for text", "for number", "no object"))}


@pytest.mark.parametrize(("row", "problem"), V2_ROWS.values(), ids=V2_ROWS)
def test_bad_rows_of_v2(server, row, problem):
    reply = server.infer(*tensors(row))
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


BODIES = {
    "no JSON": (b"hello", "no valid JSON"),
    "nothing": (b"", "no valid JSON"),
    "truncated": (b'{"instances": [', "no valid JSON"),
    "no UTF-8": (b'{"instances": ["\xff"]}', "no valid JSON"),
    "NaN": (b'{"instances": [{"x": NaN}]}', "NaN and Infinity are not JSON"),
    "Infinity": (b'{"instances": [{"x": Infinity}]}', "NaN and Infinity are not JSON"),
    "too large a number": (b'{"instances": [{"x": 1e999}]}', "no valid JSON"),
    "a list": (b"[1]", "JSON list, not an object"),
    "a string": (b'"x"', "JSON str, not an object"),
    "null": (b"null", "not an object"),
    "no instances": (b"{}", "`instances` is missing"),
    "instances no list": (b'{"instances": {"x": 1}}', "`instances` is no list"),
    "no rows": (b'{"instances": []}', "has 0 rows; expected 1 to 1000"),
    "too many rows": (json.dumps({"instances": [{"x": 1}] * 1001}).encode(), "has 1001 rows"),
    "unknown key": (b'{"instances": [{"x": 1}], "foo": 1}', "Unknown top-level field 'foo'"),
    "flag no boolean": (b'{"instances": [{"x": 1}], "return_features": "yes"}', "neither true nor false"),
    "nested beyond the parser": (b"[" * 100_000, "no valid JSON"),
    "nested within a row": (b'{"instances": [' + b"[" * 900 + b"]" * 900 + b"]}", "row"),
    "nested within a field": (b'{"instances": [{"x": ' + b"[" * 200 + b"]" * 200 + b"}]}", "recursion limit"),
    "nested a little": (b'{"instances": [{"x": ' + b"[" * 100 + b"]" * 100 + b"}]}", "row 0, x"),
}


@pytest.mark.parametrize(("body", "problem"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("content_type", ["application/json", None])
def test_bad_bodies(server, body, problem, content_type):
    headers = {"content-type": content_type} if content_type else {}
    reply = server.client.post("/v1/models/plain:predict", content=body, headers=headers)
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


TENSORS = {
    "ragged": ([tensor("x", [2], data=[1.0, 2.0]), tensor("y")], "same number of rows; got {'x': 2, 'y': 1}"),
    "fewer elements than the shape": ([tensor(shape=[3])], "has 1 elements, but the shape [3]"),
    "no elements": ([tensor(data=[])], "'x' cannot be read as FP64 of shape [1]"),
    "a matrix": ([tensor(shape=[1, 2], data=[1.0, 2.0])], "expected [rows] or [rows, 1]"),
    "negative shape": ([tensor(shape=[-1])], "expected [rows] or [rows, 1]"),
    "huge shape": ([tensor(shape=[10**12])], "has 1 elements"),
    "unknown datatype": ([tensor(datatype="DECIMAL")], "unknown datatype 'DECIMAL'; expected one of BYTES"),
    "text in a number": ([tensor(data=["1"])], "is FP64, but holds a str"),
    "float in an integer": ([tensor(datatype="INT64", data=[1.5])], "is INT64, but holds a float"),
    "boolean in a number": ([tensor(data=[True])], "is FP64, but holds a bool"),
    "number in text": ([tensor(datatype="BYTES", data=[1])], "is BYTES, but holds a int"),
    "twice": ([tensor(), tensor()], "given twice"),
    "unknown tensor": ([tensor(), tensor("z")], "row 0, z: Extra inputs are not permitted"),
    "none": ([], "has 0 rows"),
    "no shape": ([{"name": "x", "datatype": "FP64", "data": [1]}], "inputs.0.shape: Field required"),
    "no data": ([{"name": "x", "datatype": "FP64", "shape": [1]}], "Tensor 'x' has neither `data` nor"),
    "half precision": ([tensor(datatype="FP16")], "FP16 data via JSON is not supported"),
}


@pytest.mark.parametrize(("inputs", "problem"), TENSORS.values(), ids=TENSORS)
def test_bad_tensors(server, inputs, problem):
    reply = server.infer(*inputs, name="plain")
    assert reply.status_code == 400 and problem in reply.json()["error"], reply.text


@pytest.mark.parametrize("body", [b"hello", b"", b"[]", b"null", b'"x"', b"{}", b'{"inputs": 3}', b"[" * 100_000])
def test_bad_v2_bodies(server, body):
    reply = server.client.post("/v2/models/plain/infer", content=body)
    assert reply.status_code == 400 and reply.json()["error"], reply.text


def test_unknown_output_and_bad_parameter(server):
    reply = server.infer(tensor(), name="plain", outputs=[{"name": "colour"}])
    assert reply.status_code == 400 and "'colour'" in reply.json()["error"]
    reply = server.infer(tensor(), name="plain", parameters={"return_features": 1})
    assert reply.status_code == 400 and "return_features" in reply.json()["error"]


def binary(header: dict, raw: bytes = b"\0" * 8) -> tuple[bytes, int]:
    text = json.dumps(header).encode()
    return text + raw, len(text)


def raw_tensor(size=8, shape=(1,), datatype="FP64", **more) -> dict:
    return {"name": "x", "shape": list(shape), "datatype": datatype, "parameters": {"binary_data_size": size}} | more


BINARY = {
    "no number": (*binary({"inputs": [raw_tensor()]})[:1], "abc"),
    "negative": (*binary({"inputs": [raw_tensor()]})[:1], "-5"),
    "longer than the body": (b"{}", "100"),
    "cuts the JSON": (binary({"inputs": [raw_tensor()]})[0], "10"),
    "no inputs": binary({}),
    "inputs no list": binary({"inputs": 3}),
    "no object": binary([]),
    "no name": binary({"inputs": [{"shape": [1]}]}),
    "size no number": binary({"inputs": [raw_tensor("x")]}),
    "size over the end": binary({"inputs": [raw_tensor(800, [100])]}),
    "negative size": binary({"inputs": [raw_tensor(-8)]}),
    "size against shape": binary({"inputs": [raw_tensor(8, [7])]}),
    "not whole elements": binary({"inputs": [raw_tensor(5)]}),
    "shape no list": binary({"inputs": [raw_tensor(shape="1")]}),
    "unknown datatype": binary({"inputs": [raw_tensor(datatype="DECIMAL")]}),
    "datatype no text": binary({"inputs": [raw_tensor(datatype=5)]}),
    "text longer than given": binary({"inputs": [raw_tensor(datatype="BYTES")]}, b"\xff\xff\xff\xff1234"),
    "text no UTF-8": binary({"inputs": [raw_tensor(datatype="BYTES", size=5)]}, b"\1\0\0\0\xff"),
    "NaN": binary({"inputs": [raw_tensor()]}, b"\0\0\0\0\0\0\xf8\x7f"),
    "infinite": binary({"inputs": [raw_tensor()]}, b"\0\0\0\0\0\0\xf0\x7f"),
}


@pytest.mark.parametrize(("body", "size"), BINARY.values(), ids=BINARY)
def test_bad_binary_tensors(server, body, size):
    headers = {"inference-header-content-length": str(size)}
    reply = server.client.post("/v2/models/plain/infer", content=body, headers=headers)
    assert reply.status_code == 400 and reply.json()["error"], reply.text


def test_a_body_over_the_limit(server):
    body = b'{"instances": [{"x": 1' + b" " * 2**20 + b"}]}"
    for path in ("/v1/models/plain:predict", "/v2/models/plain/infer", "/v1/models/plain:explain"):
        reply = server.client.post(path, content=body)
        assert reply.status_code == 413 and "1048576 bytes" in reply.json()["error"]
    chunks = (body[i : i + 65536] for i in range(0, len(body), 65536))
    assert server.client.post("/v1/models/plain:predict", content=chunks).status_code == 413


def test_unknown_models_variants_paths_and_methods(server):
    client = server.client
    for reply in (
        server.predict(FLIGHT, name="nope"),
        server.infer(*tensors(FLIGHT), name="nope"),
        client.get("/v2/models/nope"),
        client.get("/v2/models/nope/ready"),
        client.post("/v2/repository/models/nope/load"),
        client.post("/v2/repository/models/nope/unload"),
    ):
        assert reply.status_code == 404 and "nope" in reply.json()["error"]
    reply = server.predict(FLIGHT, headers={"x-capstan-variant": "best"})
    assert reply.status_code == 400 and "'best'; expected one of champion, challenger, " in reply.json()["error"]
    reply = server.predict({"x": 1}, name="plain", headers={"x-capstan-variant": "challenger"})
    assert reply.status_code == 404 and "no challenger loaded" in reply.json()["error"]
    assert client.get("/nowhere").status_code == 404 and client.get("/nowhere").json()["error"]
    for path in ("/v1/models/plain:predict", "/v2/models/plain/infer", "/v2/repository/models/plain/load"):
        reply = client.get(path)
        assert reply.status_code == 405 and reply.json()["error"] and reply.headers["allow"] == "POST"
    assert client.post("/v1/models/plain:explain", json={"instances": [{"x": 1}]}).status_code == 501


def test_an_online_store_that_fails_is_a_503(server, feast_home):
    with sqlite3.connect(feast_home / "online.db") as database:
        database.execute("ALTER TABLE tiny_aircraft RENAME TO away")
    try:
        reply = server.predict(FLIGHT)
        assert reply.status_code == 503
        assert reply.json()["error"] == "The online store does not answer: no such table: tiny_aircraft"
    finally:
        with sqlite3.connect(feast_home / "online.db") as database:
            database.execute("ALTER TABLE away RENAME TO tiny_aircraft")
    assert server.predict(FLIGHT).status_code == 200


def test_an_online_store_that_hangs_is_a_503_and_holds_up_nothing_else(server, feast_home):
    database = sqlite3.connect(feast_home / "online.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")  # SQLite makes readers wait for five seconds
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(server.predict, FLIGHT)
            time.sleep(0.3)
            assert httpx.get(f"{server.url}/v2/health/live", timeout=1).status_code == 200
            reply = httpx.post(f"{server.url}/v1/models/plain:predict", json={"instances": [{"x": 1}]}, timeout=1)
            assert reply.status_code == 200
            assert not waiting.done()
            reply = waiting.result()
        assert reply.status_code == 503 and "not answered within 2 s" in reply.json()["error"]
    finally:
        database.execute("ROLLBACK")
        database.close()
    assert server.predict(FLIGHT).status_code == 200


def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_bug(server):
    before = len(server.log.read_text())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /v1/models/plain:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
    end = time.monotonic() + 5
    while "ClientDisconnect" not in (line := server.log.read_text()[before:]) and time.monotonic() < end:
        time.sleep(0.05)
    assert "ClientDisconnect" in line and len(line.splitlines()) == 1
    assert server.predict({"x": 1}, name="plain").status_code == 200


def test_headers_of_cloud_events_do_not_matter(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v1/models/plain:predict", b'{"instances": [{"x": 1}]}', {"ce-specversion": "x"})
    assert connection.getresponse().status == 200  # KServe would read this as a broken CloudEvent
    connection.close()


def grpc_error(server, request: pb.ModelInferRequest, **metadata) -> tuple[str, str]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel, pytest.raises(grpc.RpcError) as caught:
        GRPCInferenceServiceStub(channel).ModelInfer(request, metadata=list(metadata.items()))
    return caught.value.code().name, caught.value.details()


def grpc_request(name="plain", datatype="FP64", raw=None, shape=(1,), **contents) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name=name)
    request.inputs.add(name="x", shape=shape, datatype=datatype)
    if raw is None:
        request.inputs[0].contents.MergeFrom(pb.InferTensorContents(**contents))
    else:
        request.raw_input_contents.append(raw)
    return request


def test_grpc_errors(server):
    invalid = [
        (grpc_request(fp64_contents=[float("nan")]), "'x' holds nan"),
        (grpc_request(datatype="DECIMAL"), "unknown datatype 'DECIMAL'; expected one of BYTES"),
        (grpc_request(shape=[2], fp64_contents=[1.0]), "has 1 elements"),
        (grpc_request(int64_contents=[1]), "cannot be read as FP64"),
        (grpc_request(raw=b"123"), "cannot be read as FP64"),
        (grpc_request(datatype="BYTES", raw=b"\xff\xff\xff\xff1"), "cannot be read as BYTES"),
        (grpc_request(datatype="BYTES", bytes_contents=[b"\xff"]), "no UTF-8"),
        (grpc_request(name="tiny", fp64_contents=[1.0]), "row 0, carrier: Field required"),
        (pb.ModelInferRequest(model_name="plain"), "has 0 rows"),
    ]
    for request, problem in invalid:
        code, details = grpc_error(server, request)
        assert code == "INVALID_ARGUMENT" and problem in details, details
    good = grpc_request(fp64_contents=[1.0])
    assert grpc_error(server, grpc_request(name="nope"))[0] == "NOT_FOUND"
    assert grpc_error(server, good, **{"x-capstan-variant": "challenger"})[0] == "NOT_FOUND"
    assert grpc_error(server, good, **{"x-capstan-variant": "best"})[0] == "INVALID_ARGUMENT"
    assert grpc_error(server, grpc_request(raw=b"0" * 2**21))[0] == "RESOURCE_EXHAUSTED"


def test_the_log_has_one_line_a_problem(server):
    before = len(server.log.read_text())
    server.predict(FLIGHT | {"carrier": "X\nFORGED"})
    grpc_error(server, grpc_request(name="nope"))
    lines = server.log.read_text()[before:].splitlines()
    assert len(lines) == 2 and "WARNING serving" in lines[0] and "carrier" in lines[0] and "NOT_FOUND" in lines[1]
    assert "Traceback" not in server.log.read_text()
