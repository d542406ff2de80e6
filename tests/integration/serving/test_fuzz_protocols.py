"""Bytes that a seeded mutator makes of whole HTTP requests and of the messages of gRPC."""

import socket
from contextlib import suppress

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.fuzz import tensors as v2
from tests.fuzz.mutations import Mutator

pytestmark = pytest.mark.slow
BODY = b'{"instances": [{"x": 1.5}]}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = (
    b"Transfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"9\r\n%b\r\n" % BODY[i : i + 9] for i in (0, 9, 18))
    + b"0\r\n\r\n"
)
HEAD = b" HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: application/json\r\n"
WHOLE = [
    *(b"POST /v1/models/plain:predict" + HEAD + rest for rest in (LENGTH + BODY, CHUNKED)),
    b"POST /v2/models/plain/versions/1/infer" + HEAD + LENGTH + BODY,
    b"POST /v2/models/tiny/actuals" + HEAD + b"Content-Encoding: gzip\r\n" + LENGTH + BODY,
    *(
        b"GET " + path + HEAD + b"\r\n"
        for path in (b"/v2/models/plain/ready", b"/openapi.json", b"/v2/monitoring/plain")
    ),
    b"GET /v2/models/plain" + HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
]
METHODS = {
    "ModelMetadata": pb.ModelMetadataRequest(name="plain", version="1"),
    "ModelReady": pb.ModelReadyRequest(name="plain", version="1"),
    "RepositoryModelLoad": pb.RepositoryModelLoadRequest(model_name="nobody"),
    "RepositoryModelUnload": pb.RepositoryModelUnloadRequest(model_name="nobody"),
    "ServerMetadata": pb.ServerMetadataRequest(),
    "ServerReady": pb.ServerReadyRequest(),
    "Unheard": pb.ServerReadyRequest(),
}
TENSORS = [{"name": name, "shape": [1], "datatype": "FP64", "data": [1.5]} for name in ("x", "y")]


@pytest.fixture(autouse=True)
def unharmed(server, fuzz):
    """After the requests of a test the server answers as before, and its log has no traceback."""
    before = server.predict({"x": 1.5}, name="plain").json()["predictions"][0]["probability"]
    fuzz.watch(server.log)
    yield
    fuzz.verify()
    assert server.predict({"x": 1.5}, name="plain").json()["predictions"][0]["probability"] == before


def test_bytes_of_http(server, fuzz):
    """What is sent says in its first line that it is HTTP, or it does not. Nothing is sent after it."""
    for mutator in fuzz.examples("bytes of HTTP", 400):
        request = mutator.bytes(mutator.random.choice(WHOLE) * mutator.random.choice((1, 1, 2)))
        answer = exchange(server.port, request, half_close=mutator.random.random() < 0.5)
        fuzz.look(mutator, lambda request=request: repr(request[:3000]))
        status = answer[9:12]
        fuzz.outcomes[status.decode()] += 1
        if answer and (not answer.startswith(b"HTTP/1.1 ") or (status >= b"500" and status != b"501")):
            fuzz.failed(mutator, repr(request[:3000]), repr(answer))
    assert {"200", "400", "404"} <= fuzz.outcomes.keys()


def exchange(port: int, request: bytes, half_close: bool) -> bytes:
    """Send bytes; return the beginning of what comes back before the server closes, or soon."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=0.05) as connection,
        suppress(TimeoutError, ConnectionError),
    ):
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        while len(answer) < 100 and (piece := connection.recv(1000)):
            answer += piece
    return answer


@pytest.mark.parametrize("method", METHODS)
def test_messages_of_grpc(server, fuzz, method):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        for mutator in fuzz.examples(method, 40):
            fuzz.call(channel, mutator, method, mutator.bytes(METHODS[method].SerializeToString()))


def test_tensors_of_grpc(server, fuzz):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        for mutator in fuzz.examples("tensors", 200):
            fuzz.call(channel, mutator, "ModelInfer", v2.message(mutator, "plain", TENSORS))


def test_paths(server, fuzz):
    for mutator in fuzz.examples("paths", 200):
        path = path_of(mutator)
        fuzz.post(server.client, mutator, path, b"{}")


def path_of(mutator: Mutator) -> str:
    """Return a path in which a part was changed, and then written as a client writes it. It unloads nothing."""
    start = mutator.random.choice(("v2/models/", "v1/models/", "v2/monitoring/", "v2/repository/models/"))
    name = b"plain" if mutator.random.random() < 0.6 else mutator.bytes(b"plain")[:3000]
    end = mutator.random.choice((b":predict", b"/infer", b"/versions/1/infer", b"/actuals", b"/generate", b"/pause"))
    if mutator.random.random() < 0.7:
        end = mutator.bytes(end)[:3000]
    return f"/{start}" + "".join(f"%{byte:02x}" for byte in name) + "".join(f"%{byte:02x}" for byte in end)
