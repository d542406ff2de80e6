"""Clients of streams that behave in ways drawn from a seed: slow ones, and ones that leave, at any point.

Whatever they do, what they hold is given back, and what they have read of a stream is in the log.
"""

import json
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from predictions import read
from tests.fuzz.mutations import Mutator
from tests.support.processes import wait_until
from tests.support.serving import Server, another_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
PATH = "/v2/models/writer/generate"
AT_A_TIME = 8
END = b"0\r\n\r\n"  # of a chunked answer
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("streams") / "home"


@pytest.fixture(scope="module")
def writer(server, mlflow, feast_home, home) -> Iterator[Server]:
    """A server with `writer` that gives up on a client which reads nothing for a second."""
    mlflow.roles("writer", champion=mlflow.register("writer"))
    constants = {"serving.limits.TOKEN_SECONDS": 1, "serving.limits.BODY_SECONDS": 1}
    with another_server(mlflow, feast_home, home, constants) as own_server:
        yield own_server
    mlflow.roles("writer")
    server.load("writer")


@pytest.fixture(autouse=True)
def unharmed(writer, fuzz) -> Iterator[None]:
    """After the clients of a test nothing is under way, and as many as before are answered."""
    fuzz.watch(writer.log)
    yield
    wait_until(lambda: gauge(writer, "capstan_in_flight") == gauge(writer, "capstan_log_waiting") == 0)
    for _ in range(AT_A_TIME):
        reply = writer.client.post(PATH, json={"prompt": "say hello"})
        assert reply.status_code == 200 and reply.json()["text"] == "hello hello hello"
    fuzz.verify()


def gauge(server: Server, name: str) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))


class Client:
    """One request for a stream, sent and read as its seed says. `received` is what it has read."""

    def __init__(self, port: int, mutator: Mutator):
        self.random, self.received = mutator.random, b""
        self.words = self.random.choice((1, 3, 50, 2000, 20_000))
        row = {"prompt": f"say w{self.random.randrange(10**9)}", "words": self.words}
        row["pause"] = self.random.choice((0, 0, 0.001)) if self.words < 10_000 else 0
        body = json.dumps(row).encode()
        self.whole = self.random.random() < 0.25  # whether the answer comes in one piece
        head = f"POST {PATH}{'' if self.whole else '_stream'} HTTP/1.1\r\nHost: localhost\r\n"
        if self.random.random() < 0.3:
            cut = self.random.randint(1, len(body) - 1)
            pieces = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:cut], body[cut:]))
            self.request = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + END
        else:
            self.request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.behaviour = self.random.choice((self.read_all, self.leave_early, self.leave, self.half_close, self.dawdle))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as self.connection:
            if self.random.random() < 0.3:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with suppress(ConnectionError):
                self.behaviour()
            if self.random.random() < 0.3:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def read_all(self) -> None:
        """Read the answer to its end."""
        self.connection.sendall(self.request)
        while not self.is_complete() and (piece := self.connection.recv(2**16)):
            self.received += piece
        assert self.is_complete(), self.received[-300:]

    def leave_early(self) -> None:
        """Leave before the request is sent, or with the last of its bytes."""
        self.connection.sendall(self.request[: self.random.choice((self.random.randrange(len(self.request)), None))])

    def leave(self) -> None:
        """Leave after some bytes of the answer. A second request may wait behind the first."""
        self.connection.sendall(self.request * self.random.choice((1, 1, 2)))
        self._read(self.random.choice((1, 100, 500, 5000, 100_000)))

    def half_close(self) -> None:
        """Say that nothing more will be sent, then read what comes."""
        self.connection.sendall(self.request)
        self.connection.shutdown(socket.SHUT_WR)
        self._read(10_000)

    def dawdle(self) -> None:
        """Read a few bytes at a time, then none until the server has given up on the client, or has sent all."""
        self.connection.sendall(self.request)
        self._read(300, at_a_time=3)
        if not self.is_complete():
            self.connection.shutdown(socket.SHUT_RD) if self.random.random() < 0.5 else self._read(3000, at_a_time=50)

    def _read(self, most: int, at_a_time: int = 2**12) -> None:
        while len(self.received) < most and not self.is_complete() and (piece := self.connection.recv(at_a_time)):
            self.received += piece

    def is_complete(self) -> bool:
        """Return whether the answer has ended."""
        head, _, body = self.received.partition(b"\r\n\r\n")
        if b"chunked" in head.lower():
            return body.endswith(END)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return bool(length) and len(body) >= int(length)

    def parts(self) -> list[dict]:
        """Return what was read of a stream, up to the last event that is complete."""
        lines = self.received.decode(errors="ignore").split("\n\n")[:-1]
        return [json.loads(line.partition("data: ")[2]) for line in lines if "data: " in line]


def test_clients_that_leave_and_clients_that_are_slow(writer, home, fuzz):
    mutators = list(fuzz.examples("streams", 50))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        clients = list(pool.map(lambda mutator: Client(writer.port, mutator), mutators))
    wait_until(lambda: gauge(writer, "capstan_in_flight") == 0)
    logged = read("writer", folder=home / "predictions").set_index("prediction_id")["prediction"].to_dict()
    for client, mutator in zip(clients, mutators, strict=True):
        status = client.received.partition(b" ")[2][:3]
        parts = [] if client.whole or status != b"200" else client.parts()
        if status not in (b"", b"200"):
            fuzz.failed(mutator, client.behaviour.__name__, repr(client.received[:300]))
        if errors := [part for part in parts if "error" in part]:
            fuzz.failed(mutator, client.behaviour.__name__, repr(errors))
        elif parts:
            assert logged[parts[0]["id"]]["text"].startswith("".join(part["text"] for part in parts)), mutator.seed
    assert {client.behaviour.__name__ for client in clients} >= {"leave", "dawdle", "half_close", "leave_early"}


def test_calls_of_grpc_that_are_cancelled(writer, fuzz):
    """gRPC has no stream of parts. Its clients leave while the whole is made, or give it too little time."""
    with grpc.insecure_channel(f"127.0.0.1:{writer.grpc_port}") as channel:
        infer = GRPCInferenceServiceStub(channel).ModelInfer
        for mutator in fuzz.examples("cancelled calls", 60):
            request = pb.ModelInferRequest(model_name="writer")
            request.inputs.add(name="prompt", shape=[1], datatype="BYTES", contents={"bytes_contents": [b"say bye"]})
            words = [mutator.random.choice((1, 100, 100_000))]
            request.inputs.add(name="words", shape=[1], datatype="INT64", contents={"int64_contents": words})
            calls = [infer.future(request, timeout=mutator.random.choice((0.0005, 0.003, 60))) for _ in range(4)]
            if mutator.random.random() < 0.7:
                calls[0].code() if mutator.random.random() < 0.5 else None
                for call in calls:
                    call.cancel()
            codes = {call.code() for call in calls}
            left = {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED}
            assert codes <= left, (mutator.seed, codes)
