"""What comes before a request can be read: headers without end, offers of HTTP/2, messages that are no protobuf."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

BODY = b'{"instances": [{"x": 1.5}]}'
PREDICT = b"POST /v1/models/plain:predict HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
# What java.net.http.HttpClient of Java 17 sends, unless it is set to use HTTP/1.1.
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"


@pytest.fixture
def connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as opened:
        yield opened


def answer(connection: socket.socket) -> tuple[int, dict]:
    """Read one answer and nothing of the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"closed after {head!r}"
        head += byte
    first, *lines = head.decode().strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = connection.recv(int(headers["content-length"]), socket.MSG_WAITALL)
    return int(first.split()[1]), json.loads(body)


def assert_refused(connection: socket.socket, status: int, said: str) -> None:
    actual, content = answer(connection)
    assert actual == status and said in content["error"]
    assert connection.recv(1) == b""  # and the connection is closed


@pytest.mark.parametrize("way", ["one value", "many headers", "address", "trailers", "chunk extension"])
def test_headers_of_any_size_are_refused_at_64_kib(server, connection, way):
    piece = {
        "one value": b"x" * 1000,
        "many headers": b"x: y\r\n" * 200,
        "address": b"x" * 1000,
        "trailers": b"x: y\r\n" * 200,
        "chunk extension": b"x" * 1000,
    }[way]
    start = {
        "one value": PREDICT + b"X: ",
        "address": b"GET /",
        "trailers": PREDICT + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
        "chunk extension": PREDICT + b"Transfer-Encoding: chunked\r\n\r\n1;",
    }.get(way, PREDICT)
    connection.sendall(start)
    for _ in range(2**18 // len(piece)):
        connection.sendall(piece)
    assert_refused(connection, 431, "larger than 65536 bytes")
    assert server.predict({"x": 1}, name="plain").status_code == 200


@pytest.mark.parametrize("second", [b"localhost", b"evil.test"])
def test_a_request_with_two_hosts_is_refused_and_nothing_behind_it_is_answered(connection, second):
    request = PREDICT + LENGTH + b"\r\n" + BODY
    connection.sendall(request.replace(b"\r\n", b"\r\nHOST: " + second + b"\r\n", 1) + request)
    assert_refused(connection, 400, "more than one Host header")


def test_large_headers_within_the_limit_are_read(server):
    assert server.predict({"x": 1}, name="plain", headers={"x-large": "y" * 60_000}).status_code == 200
    assert server.predict({"x": 1}, name="plain", headers={"x-large": "y" * 66_000}).status_code == 431


def test_headers_that_trickle_in_are_given_up_after_10_seconds(server):
    def trickle(first: bytes, piece: bytes) -> tuple[float, int]:
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.5) as connection:
            connection.sendall(first)
            while time.monotonic() - start < 20:
                try:
                    status = answer(connection)[0]
                    return time.monotonic() - start, status
                except TimeoutError:
                    connection.sendall(piece)
        return time.monotonic() - start, 0

    whole = PREDICT + LENGTH + b"\r\n" + BODY
    starts = [(PREDICT, b"x: y\r\n"), (b"G", b""), (b"", b"\r\n")]
    with (
        ThreadPoolExecutor() as pool,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as kept,
    ):
        kept.sendall(whole + PREDICT)  # a second request on a connection
        for seconds, status in pool.map(lambda pair: trickle(*pair), starts):
            assert status == 408 and seconds > 9
        assert answer(kept)[0] == 200
        assert_refused(kept, 408, "took longer than 10 s")


@pytest.mark.parametrize("rest", [LENGTH + b"\r\n" + BODY, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_offer_of_http_2_is_ignored(connection, rest, size):
    request = PREDICT + OFFER + rest
    for _ in range(2):  # the connection goes on
        for start in range(0, len(request), size):
            connection.sendall(request[start : start + size])
        status, content = answer(connection)
        assert status == 200 and "probability" in content["predictions"][0]


def test_requests_that_follow_an_offer_at_once_are_answered(connection):
    plain = PREDICT + LENGTH + b"\r\n" + BODY
    connection.sendall(plain + PREDICT + OFFER + LENGTH + b"\r\n" + BODY + plain)
    assert [answer(connection)[0] for _ in range(3)] == [200] * 3


def test_a_client_that_leaves_while_requests_wait_is_no_error(server):
    """Of several requests that come at once one is answered at a time; then nobody is there to read."""
    start = server.log.stat().st_size
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall((PREDICT + LENGTH + b"\r\n" + BODY) * 3)
    for _ in range(20):  # answered after those, which were sent before
        assert server.predict({"x": 1}, name="plain").status_code == 200
    assert "Traceback" not in server.log.read_bytes()[start:].decode()


def test_what_is_no_http_is_refused_with_a_reason(connection):
    connection.sendall(b"hello\r\n\r\n")
    assert_refused(connection, 400, "no HTTP/1.1 request")


def test_a_proxy_is_refused(connection):
    connection.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert_refused(connection, 400, "no HTTP/1.1 request")


@pytest.mark.parametrize("method", ["ModelInfer", "ModelMetadata", "RepositoryModelLoad"])
def test_a_message_that_is_no_protobuf_is_an_invalid_argument(server, method):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        call = channel.unary_unary(f"/inference.GRPCInferenceService/{method}")
        with pytest.raises(grpc.RpcError) as failed:
            call(b"\xff\xff not a message")
        assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "no valid protobuf" in failed.value.details()
        assert GRPCInferenceServiceStub(channel).ServerLive(pb.ServerLiveRequest()).live
    assert "Traceback" not in server.log.read_text()[-2000:]
