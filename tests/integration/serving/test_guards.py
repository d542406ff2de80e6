"""What turns requests away: tokens, rates, too many at a time, too long a time; the same for REST and gRPC."""

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from capstan.errors import CapstanError
from serving.guards.tokens import TokenFile, add
from tests.support.processes import ROOT
from tests.support.serving import another_server
from tests.support.tiny_store import FLIGHT

LIMITS = {
    "CAPSTAN_REQUEST_SECONDS": "1.2",
    "CAPSTAN_MAX_CONCURRENT": "2",
    "CAPSTAN_TOKEN_RATE": "5",
}
CONSTANTS = {
    "serving.limits.BODY_SECONDS": 1.5,
    "serving.limits.MAX_BODIES_BYTES": 150000,
    "serving.limits.TOKEN_BURST": 30,
}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory) -> dict[str, str]:
    """The file's path and a token of each of two clients, made by the command."""
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    issued = {"path": path}
    for name in ("ann", "bob", "eve"):
        command = [sys.executable, "-m", "serving.guards.tokens", "add", name]
        environment = os.environ | {"CAPSTAN_TOKENS_FILE": str(path)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        issued[name] = done.stdout.strip()
    return issued


@pytest.fixture(scope="module")
def guarded(server, mlflow, feast_home, tokens, tmp_path_factory):
    """A server with low limits that wants tokens; its client is Ann."""
    home = tmp_path_factory.mktemp("guarded") / "home"
    with another_server(
        mlflow, feast_home, home, CONSTANTS, CAPSTAN_TOKENS_FILE=str(tokens["path"]), **LIMITS
    ) as own_server:
        own_server.client.headers["Authorization"] = f"Bearer {tokens['ann']}"
        yield own_server


def infer(server, token: str | None, method: str = "ModelInfer") -> grpc.RpcError | None:
    request = pb.ModelInferRequest(model_name="plain")
    request.inputs.add(name="x", shape=[1], datatype="FP64", contents=pb.InferTensorContents(fp64_contents=[1.0]))
    message = {"ModelInfer": request, "ServerReady": pb.ServerReadyRequest(), "ServerMetadata": None}[method]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        metadata = [("authorization", f"Bearer {token}")] if token else None
        try:
            getattr(GRPCInferenceServiceStub(channel), method)(message or pb.ServerMetadataRequest(), metadata=metadata)
        except grpc.RpcError as error:
            return error
    return None


def test_the_file_has_hashes_only_and_names_are_taken_once(tokens):
    text = tokens["path"].read_text()
    assert [line.split()[0] for line in text.splitlines()] == ["ann", "bob", "eve"]
    assert not any(tokens[name] in text for name in ("ann", "bob", "eve"))
    assert stat.S_IMODE(tokens["path"].stat().st_mode) == 0o600
    with pytest.raises(CapstanError, match="has a token of 'ann'"):
        add(tokens["path"], "ann")
    with pytest.raises(CapstanError, match="is no name"):
        add(tokens["path"], "a b")


def test_tokens_follow_the_file(tmp_path):
    path = tmp_path / "tokens"
    with pytest.raises(CapstanError, match=r"serving.guards.tokens add NAME"):
        TokenFile(path)
    ann = add(path, "ann")
    file = TokenFile(path)
    assert (file.client(ann), file.client(ann + "x"), file.client("")) == ("ann", "", "")
    path.write_text(path.read_text().rstrip())  # edited by hand, without a newline at the end
    bob = add(path, "bob")
    assert (file.client(ann), file.client(bob)) == ("ann", "bob")
    good = path.read_text()
    path.write_text("ann 123\n")  # a slip keeps nobody out
    assert file.client(ann) == "ann"
    path.write_text("\n".join(line for line in good.splitlines() if line.startswith("bob")))
    assert (file.client(ann), file.client(bob)) == ("", "bob")
    path.unlink()  # a moment without the file, as some editors make, revokes nothing
    assert file.client(bob) == "bob"
    time.sleep(2.1)
    assert file.client(bob) == ""
    ann = add(path, "ann")
    assert (file.client(ann), file.client(bob)) == ("ann", "")


def test_without_a_token_only_probes_answer(guarded, tokens):
    body, path = {"instances": [{"x": 1}]}, "/v1/models/plain:predict"
    with httpx.Client(base_url=guarded.url) as client:
        for token in (None, "nonsense", tokens["ann"][:-1], "ä"):
            headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
            reply = client.post(path, json=body, headers=headers)
            assert reply.status_code == 401 and reply.headers["www-authenticate"] == 'Bearer realm="capstan"'
            assert "token" in reply.json()["error"]
        assert client.post(path, json=body, headers={"Authorization": f"Basic {tokens['bob']}"}).status_code == 401
        assert client.post(path, json=body, headers={"Authorization": f"bearer {tokens['bob']}"}).status_code == 200
        for closed in ("/v2/models", "/v2", "/v2/models/plain", "/openapi.json"):
            assert client.get(closed).status_code == 401
        assert client.post("/v2/repository/models/plain/unload").status_code == 401
        for probe in ("/v2/health/live", "/v2/health/ready", "/v2/models/plain/ready", "/metrics"):
            assert client.get(probe).status_code == 200
    for token in (None, "nonsense"):
        assert infer(guarded, token).code() is grpc.StatusCode.UNAUTHENTICATED
    assert infer(guarded, None, "ServerMetadata").code() is grpc.StatusCode.UNAUTHENTICATED
    assert infer(guarded, None, "ServerReady") is None and infer(guarded, tokens["bob"]) is None


def test_a_client_that_asks_too_often_waits_and_others_do_not(guarded, tokens):
    eve = {"Authorization": f"Bearer {tokens['eve']}"}
    answered = 0
    while (refused := guarded.predict({"x": 1}, name="plain", headers=eve)).status_code == 200:
        answered += 1
    assert answered >= 30 and refused.status_code == 429
    assert refused.headers["retry-after"] == "1" and "5 requests a second are allowed" in refused.json()["error"]
    error = infer(guarded, tokens["eve"])
    while error is None:
        error = infer(guarded, tokens["eve"])
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert dict(error.trailing_metadata())["retry-after"] == "1"
    assert guarded.predict({"x": 1}, name="plain").status_code == 200
    time.sleep(1.1)
    assert guarded.predict({"x": 1}, name="plain", headers=eve).status_code == 200


def test_too_many_at_a_time_and_too_slow(guarded, tokens, slow_store):
    with ThreadPoolExecutor(2) as pool:
        start = time.monotonic()
        waiting = [pool.submit(guarded.predict, FLIGHT) for _ in range(2)]
        time.sleep(0.4)
        reply = guarded.predict({"x": 1}, name="plain")
        assert reply.status_code == 503 and reply.headers["retry-after"] == "1"
        assert "2 requests are being answered, which is the limit" in reply.json()["error"]
        assert infer(guarded, tokens["bob"]).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for path in ("/v2/health/live", "/metrics", "/v2/models"):
            assert httpx.get(guarded.url + path, headers=guarded.client.headers, timeout=1).status_code == 200
        for future in waiting:
            assert future.result().status_code == 504
            assert "took longer than 1.2 s" in future.result().json()["error"]
        assert time.monotonic() - start < 2
    assert guarded.predict({"x": 1}, name="plain").status_code == 200


def test_a_body_that_trickles_in_is_given_up(guarded, tokens):
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=5) as connection:
        head = f"POST /v1/models/plain:predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {tokens['bob']}\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        with connection.makefile("rb") as reply:  # which ends when the server closes the connection
            assert reply.read().startswith(b"HTTP/1.1 408")


@pytest.fixture
def stalled(guarded, tokens) -> Iterator[Callable[[int], socket.socket]]:
    """Begin a request, send some bytes of its body, and no more."""
    connections = []

    def begin(size: int) -> socket.socket:
        connections.append(socket.create_connection(("127.0.0.1", guarded.port), timeout=5))
        head = f"POST /v1/models/plain:predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {tokens['bob']}\r\n"
        connections[-1].sendall(f"{head}Content-Length: 200000\r\n\r\n".encode() + b" " * size)
        return connections[-1]

    yield begin
    for connection in connections:
        connection.close()


def test_bodies_that_do_not_come_hold_up_nobody(guarded, stalled):
    """More of them than predictions may be under way."""
    waiting = [stalled(1) for _ in range(8)]
    for _ in range(3):
        assert guarded.predict({"x": 1}, name="plain").status_code == 200
    for connection in waiting:
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")


def test_bodies_share_a_limit_of_memory(guarded, stalled):
    stalled(100_000)
    time.sleep(0.2)
    assert guarded.predict({"x": 1}, name="plain").status_code == 200
    refused = stalled(100_000).recv(1000)
    assert refused.startswith(b"HTTP/1.1 503") and b"retry-after: 1" in refused
    time.sleep(1.5)  # both are gone
    assert stalled(100_000).recv(1000).startswith(b"HTTP/1.1 408")


def test_a_server_without_its_token_file_says_so(tmp_path, monkeypatch):
    from capstan.settings import settings
    from serving.guards.of_settings import guards_of_settings

    monkeypatch.setenv("CAPSTAN_TOKENS_FILE", str(tmp_path / "none"))
    settings.cache_clear()
    try:
        with pytest.raises(CapstanError, match="The tokens cannot be read"):
            guards_of_settings()
    finally:
        settings.cache_clear()


def test_a_model_by_the_name_of_a_probe_needs_a_token(guarded, mlflow):
    """Routes say what is a probe, and not how a URL ends."""
    mlflow.roles("ready", champion=mlflow.register("ready", 0.0))
    try:
        assert guarded.load("ready").status_code == 200
        with httpx.Client(base_url=guarded.url) as stranger:
            for path in ("/v2/models/ready", "/v1/models/ready", "/v2/models/ready/versions/ready"):
                assert stranger.get(path).status_code == 401, path
            assert stranger.get("/v2/models/ready/ready").status_code == 200
            body = {"instances": [{"x": 1}]}
            assert stranger.post("/v1/models/ready:predict", json=body).status_code == 401
        assert guarded.client.get("/v2/models/ready").json()["name"] == "ready"
        assert guarded.predict({"x": 1}, name="ready").status_code == 200
    finally:
        mlflow.roles("ready")
