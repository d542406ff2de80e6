"""Streamed predictions: server-sent events, limits, clients that leave, models that fail, and what the log says."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from predictions import read
from serving.guards.tokens import add
from tests.support.serving import Server, another_server

PATH = "/v2/models/writer/generate"
WORD = {"prompt": "say hello"}


@pytest.fixture(scope="module")
def writer(server, mlflow) -> Iterator[Server]:
    """The server with `writer`, which streams."""
    mlflow.roles("writer", champion=mlflow.register("writer"))
    assert server.load("writer").status_code == 200
    yield server
    mlflow.roles("writer")
    server.load("writer")


def events(text: str) -> list[tuple[str, dict]]:
    """Return the kind and the data of each event."""
    parsed = []
    for block in text.split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        parsed.append((lines.get("event", "message"), json.loads(lines["data"])))
    assert text.endswith("\n\n")
    return parsed


def record(id_: str, seconds: float = 10, server: Server | None = None, folder=None):
    """Return the log's record of a prediction, once it is there."""
    end = time.monotonic() + seconds
    while True:
        frame = read("writer", folder=folder)
        if len(rows := frame[frame["prediction_id"] == id_]):
            return rows.iloc[0]
        assert time.monotonic() < end
        time.sleep(0.05)


def sample(server: Server, name: str) -> float:
    """Return a metric of `writer`."""
    lines = server.client.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f'{name}{{model="writer"'))


def test_the_parts_of_a_text_add_up_to_the_whole(writer):
    reply = writer.client.post(f"{PATH}_stream", json=WORD | {"words": 4})
    assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/event-stream")
    parts = [data for kind, data in events(reply.text) if kind == "message"]
    assert [part["text"] for part in parts] == ["hello", " hello", " hello", " hello"]
    version = writer.client.get("/v2/models/writer").json()["versions"][0]
    for part in parts:
        assert (part["model_name"], part["model_version"], part["id"]) == ("writer", version, parts[0]["id"])
    row = record(parts[0]["id"])
    assert row["prediction"] == {"text": "hello hello hello hello", "words": 4} and not row["partial"]
    assert row["inputs"]["prompt"] == "say hello" and row["variant"] == "champion"


def test_parts_come_as_they_are_made(writer):
    start, times = time.monotonic(), []
    body = WORD | {"words": 3, "pause": 0.4}
    with writer.client.stream("POST", f"{PATH}_stream", json=body) as reply:
        times = [time.monotonic() - start for line in reply.iter_lines() if line]
    assert times[0] < 0.35 and times[1] >= 0.4 and times[2] >= 0.8


def test_generate_answers_with_the_whole(writer):
    reply = writer.client.post(PATH, json=WORD)
    answer = reply.json()
    assert reply.status_code == 200 and (answer["text"], answer["words"]) == ("hello hello hello", 3)
    assert record(answer["id"])["prediction"] == {"text": "hello hello hello", "words": 3}
    version = answer["model_version"]
    reply = writer.client.post(f"/v2/models/writer/versions/{version}/generate", json=WORD)
    assert reply.json()["text"] == answer["text"]
    assert writer.client.get("/v2/models/writer").json()["streams"] is True
    assert writer.predict(WORD, name="writer").json()["predictions"][0]["text"] == answer["text"]


@pytest.mark.parametrize("path", [PATH, f"{PATH}_stream"])
def test_bad_requests_are_refused_before_the_first_byte(writer, path):
    post = writer.client.post
    cases = [
        (post(path, json={}), 400, "row 0, prompt: Field required. Expected fields: prompt, words"),
        (post(path, json=[WORD]), 400, "expected an object of the row's fields"),
        (post(path, content=b"{"), 400, "no valid JSON"),
        (post(path, json=WORD | {"words": "many"}), 400, "row 0, words: Input should be a valid integer"),
        (post(path, json=WORD, headers={"x-capstan-variant": "challenger"}), 404, "no challenger loaded"),
        (post(path.replace("writer", "nope"), json=WORD), 404, "nope"),
        (post(path.replace("writer", "plain"), json={"x": 1}), 501, "Version 1 of 'plain' streams nothing"),
        (post(path, json=WORD | {"prompt": "a" * 2**20}), 413, "larger than 50000 bytes"),
        (post(path, json=WORD | {"fail_at": 0}), 500, "Internal error"),
    ]
    for reply, status, problem in cases:
        assert reply.status_code == status and problem in reply.json()["error"], reply.text
    assert writer.client.get(path).status_code == 405


def test_a_model_that_fails_later_sends_one_error_and_a_partial_record(writer):
    errors = sample(writer, "capstan_errors_total")
    reply = writer.client.post(f"{PATH}_stream", json=WORD | {"words": 5, "fail_at": 2})
    *parts, (kind, error) = events(reply.text)
    assert [part["text"] for _, part in parts] == ["hello", " hello"]
    assert kind == "error" and error["id"] == parts[0][1]["id"] and "Internal error" in error["error"]
    row = record(error["id"])
    assert row["partial"] and row["prediction"] == {"text": "hello hello", "words": 2}
    assert sample(writer, "capstan_errors_total") == errors + 1


def test_a_client_that_leaves_stops_the_model(writer):
    before = len(writer.log.read_text())
    body = {"prompt": "say goodbye", "words": 10_000, "pause": 0.05}
    with writer.client.stream("POST", f"{PATH}_stream", json=body) as reply:
        first = json.loads(next(line for line in reply.iter_lines() if line).removeprefix("data: "))
    row = record(first["id"])
    assert row["partial"] and row["prediction"]["text"].startswith("goodbye") and row["prediction"]["words"] < 100
    wait_for_line(writer, before, "stream of 'say goodbye' closed after")


def test_a_client_that_leaves_before_the_first_part_stops_the_model(writer):
    """`generate` has sent nothing when its client leaves."""
    before = len(writer.log.read_text())
    body = json.dumps({"prompt": "say farewell", "words": 10_000, "pause": 0.05}).encode()
    with socket.create_connection(("127.0.0.1", writer.port)) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
    wait_for_line(writer, before, "stream of 'say farewell' closed after")


def test_a_client_that_does_not_read_makes_the_model_wait(writer):
    """Nothing piles up: of ten million words the model makes what the sockets hold, and then waits."""
    before = len(writer.log.read_text())
    body = json.dumps({"prompt": "say slowly", "words": 10_000_000}).encode()
    with socket.create_connection(("127.0.0.1", writer.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"POST {PATH}_stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        time.sleep(1)
        assert writer.predict({"x": 1}, name="plain").status_code == 200
    line = wait_for_line(writer, before, "stream of 'say slowly' closed after")
    assert int(line.rsplit(" ", 2)[1]) < 200_000


def wait_for_line(server: Server, start: int, text: str) -> str:
    """Return the line of the log with some text, once it is there."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for line in server.log.read_text()[start:].splitlines():
            if text in line:
                return line
        time.sleep(0.05)
    raise AssertionError(server.log.read_text()[start:])


def test_bytes_of_a_request_are_those_that_the_task_states(writer):
    long = WORD | {"prompt": "x" * 50_000}
    reply = writer.client.post(PATH, json=long)
    assert reply.status_code == 413 and "larger than 50000 bytes" in reply.json()["error"]
    request = pb.ModelInferRequest(model_name="writer")
    request.inputs.add(
        name="prompt", shape=[1], datatype="BYTES", contents={"bytes_contents": [long["prompt"].encode()]}
    )
    with grpc.insecure_channel(f"127.0.0.1:{writer.grpc_port}") as channel, pytest.raises(grpc.RpcError) as error:
        GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=10)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than 50000 bytes" in error.value.details()


def test_metrics(writer):
    names = ["capstan_first_token_seconds_count", "capstan_tokens_per_second_count", "capstan_requests_total"]
    before = [sample(writer, name) for name in names]
    writer.client.post(f"{PATH}_stream", json=WORD | {"pause": 0.01})
    assert [sample(writer, name) for name in names] == [value + 1 for value in before]
    assert sample(writer, "capstan_tokens_per_second_sum") > 0


@pytest.fixture(scope="module")
def guarded(writer, mlflow, feast_home, tmp_path_factory) -> Iterator[Server]:
    """A server that wants a token, answers two at a time and is impatient with streams."""
    home = tmp_path_factory.mktemp("streams")
    token = add(home / "tokens", "ann")
    limits = {"CAPSTAN_TOKENS_FILE": str(home / "tokens"), "CAPSTAN_MAX_CONCURRENT": "2"}
    limits |= {"CAPSTAN_REQUEST_SECONDS": "0.3"}
    seconds = {"TOKEN_SECONDS": 0.5, "FIRST_TOKEN_SECONDS": 3, "BODY_SECONDS": 1}
    constants = {f"serving.limits.{name}": value for name, value in seconds.items()}
    with another_server(mlflow, feast_home, home / "home", constants, **limits) as server:
        server.client.headers["Authorization"] = f"Bearer {token}"
        yield server


def test_guards_stand_before_streams(guarded):
    assert httpx.post(f"{guarded.url}{PATH}_stream", json=WORD).status_code == 401
    slow = WORD | {"words": 8, "pause": 0.2}  # longer than a prediction may take; each part comes in time
    with ThreadPoolExecutor(2) as pool:
        streams = [pool.submit(guarded.client.post, f"{PATH}_stream", json=slow) for _ in range(2)]
        time.sleep(0.5)
        reply = guarded.client.post(f"{PATH}_stream", json=WORD)
        assert reply.status_code == 503 and "2 requests are being answered" in reply.json()["error"]
        for stream in streams:
            parts = events(stream.result().text)
            assert [kind for kind, _ in parts] == ["message"] * 8
    assert guarded.client.post(PATH, json=WORD).status_code == 200


def test_a_part_that_takes_too_long_ends_the_stream(guarded):
    reply = guarded.client.post(f"{PATH}_stream", json=WORD | {"pause": 1.5})
    first, (kind, error) = events(reply.text)
    assert first[1]["text"] == "hello" and kind == "error"
    assert error == {"id": first[1]["id"], "error": "The next part of the answer took longer than 0.5 s."}
    reply = guarded.client.post(PATH, json=WORD | {"pause": 1.5})
    assert reply.status_code == 504 and "took longer than 0.5 s" in reply.json()["error"]


def test_a_body_that_trickles_in_is_given_up(guarded):
    token = guarded.client.headers["Authorization"]
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=10) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nContent-Length: 100\r\n\r\n{{"
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")
