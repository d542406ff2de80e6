"""Ready means that requests are answered, and what happens to them when the server stops."""

import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from predictions import read
from tests.small_capstones.models import Sum
from tests.support.feast_failure import table_away
from tests.support.load import load
from tests.support.processes import free_port, wait_until
from tests.support.serving import another_server, tensors
from tests.support.tiny_store import FLIGHT

pytestmark = pytest.mark.rotating


def ready(server, name: str | None = None) -> tuple[int, str]:
    path = f"/v2/models/{name}/ready" if name else "/v2/health/ready"
    reply = httpx.get(server.url + path, timeout=5)
    return reply.status_code, reply.json().get("error", "")


def becomes(server, status: int, name: str | None = None, seconds: float = 15) -> str:
    """Wait until the server says that it is ready (200) or not (503); return the reason."""
    end = time.monotonic() + seconds
    while (reply := ready(server, name))[0] != status:
        assert time.monotonic() < end, reply
        time.sleep(0.05)
    return reply[1]


@pytest.fixture
def plain(server, mlflow):
    """`plain`, put back to its first version afterwards."""
    yield server
    mlflow.roles("plain", champion="1")
    assert server.load("plain").json()["variants"] == {"champion": "1"}


@pytest.fixture
def stub(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield GRPCInferenceServiceStub(channel)


def test_metadata_says_what_is_served(server):
    metadata = server.client.get("/v2").json()
    assert metadata["name"] == "capstan" and metadata["version"] and metadata["failures"] == {}
    assert metadata["models"].keys() == {"tiny", "plain"} and metadata["models"]["tiny"] == ["1"]
    assert metadata["loading"] == []


def test_ready_of_a_capstone_follows_its_online_store(server, stub, feast_home):
    becomes(server, 200, "tiny")
    with table_away(feast_home):
        reason = becomes(server, 503, "tiny")
        assert "The online store does not answer: no such table" in reason
        assert server.client.get("/v2").json()["not_ready"] == {"tiny": reason}
        assert ready(server) == ready(server, "plain") == (200, "")
        assert stub.ServerReady(pb.ServerReadyRequest()).ready
        assert not stub.ModelReady(pb.ModelReadyRequest(name="tiny")).ready
        assert httpx.get(f"{server.url}/v2/health/live").status_code == 200
    becomes(server, 200, "tiny")


def test_ready_does_not_wait_for_a_store_that_hangs(server, feast_home):
    time.sleep(1.1)  # or the last answer still holds
    with closing(sqlite3.connect(feast_home / "online.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(12) as pool:  # more probes than the server has threads
            answers = set(pool.map(lambda _: ready(server, "tiny"), range(12)))
            assert answers == {(503, "The online store has not answered within 1 s.")}
        assert server.predict({"x": 1}, name="plain").status_code == 200
    becomes(server, 200, "tiny")


def test_a_champion_that_cannot_be_loaded_leaves_the_others_ready(server, stub, mlflow):
    assert ready(server, "unborn")[0] == 404
    mlflow.roles("unborn", champion=mlflow.register("unborn", 0.0))
    try:
        assert server.load("unborn").status_code == 503
        status, problem = ready(server, "unborn")
        assert status == 503 and "'unborn' is not loaded: champion: Version" in problem and "needs" in problem
        assert ready(server) == (200, "") and stub.ServerReady(pb.ServerReadyRequest()).ready
        metadata = server.client.get("/v2").json()
        assert "beyond" in metadata["failures"]["unborn"] and "beyond" in metadata["not_ready"]["unborn"]
        assert server.predict({"x": 1}, name="plain").status_code == 200
    finally:
        mlflow.roles("unborn")
    wait_until(lambda: ready(server, "unborn")[0] == 404)  # without being asked: what failed is tried again


@pytest.mark.slow
def test_server_of_named_capstones_is_ready_when_each_of_them_is(server, mlflow, feast_home, tmp_path):
    """As the pod of one on a cluster. What others have does not count."""
    mlflow.roles("unborn", champion=mlflow.register("unborn", 0.0))
    try:
        with another_server(mlflow, feast_home, tmp_path / "one", CAPSTAN_SERVE="plain") as own:
            assert ready(own) == ready(own, "plain") == (200, "")
        with another_server(mlflow, feast_home, tmp_path / "two", CAPSTAN_SERVE="plain,unborn") as own:
            assert "'unborn' is not ready" in ready(own)[1] and "beyond" in ready(own)[1]
            with grpc.insecure_channel(f"127.0.0.1:{own.grpc_port}") as channel:
                assert not GRPCInferenceServiceStub(channel).ServerReady(pb.ServerReadyRequest()).ready
            mlflow.roles("unborn")
            becomes(own, 200)
    finally:
        mlflow.roles("unborn")


@pytest.mark.slow
def test_each_role_loads_by_itself(server, mlflow, feast_home, tmp_path):
    """A challenger and a candidate that cannot be loaded keep nobody from the champion, and everybody sees it."""
    beyond = mlflow.register("plain", model=Sum(["x", "beyond"]))
    mlflow.roles("plain", champion="1", challenger=beyond, candidate="999")
    try:
        with another_server(mlflow, feast_home, tmp_path / "home") as own:
            assert ready(own) == ready(own, "plain") == (200, "")
            assert own.predict({"x": 1}, name="plain").json()["predictions"][0]["variant"] == "champion"
            assert "plain is served in part: challenger: Version" in own.log.read_text()
            reply = own.load("plain")
            assert reply.status_code == 200 and reply.json()["variants"] == {"champion": "1"}
            unloadable = reply.json()["unloadable"]
            assert unloadable == own.client.get("/v2/models/plain").json()["unloadable"]
            assert "needs the columns ['beyond']" in unloadable["challenger"]
            assert "Version 999 of 'plain' cannot be loaded" in unloadable["candidate"]
            assert "needs the columns ['beyond']" in own.client.get("/v2").json()["failures"]["plain"]
            rows = [row for row in own.client.post("/v2/repository/index").json() if row["name"] == "plain"]
            assert [(row["version"], row["state"]) for row in rows] == [
                ("1", "READY"),
                (beyond, "UNAVAILABLE"),
                ("999", "UNAVAILABLE"),
            ]
            mlflow.roles("plain", champion="1", candidate="1")
            assert own.load("plain").json()["unloadable"] == {}
            assert own.client.get("/v2").json()["failures"] == {}
    finally:
        mlflow.roles("plain", champion="1")


def test_a_champion_that_cannot_be_loaded_leaves_the_one_before(plain, mlflow):
    """The others load all the same. On a server that starts, it is not ready; here the old one answers."""
    beyond, second = mlflow.register("plain", model=Sum(["x", "beyond"])), mlflow.register("plain", 2.0)
    mlflow.roles("plain", champion=beyond, candidate=second)
    reply = plain.load("plain").json()
    assert reply["variants"] == {"champion": "1", "candidate": second}
    assert "beyond" in reply["unloadable"]["champion"]
    assert plain.predict({"x": 1}, name="plain").json()["predictions"][0]["model_version"] == "1"
    candidate = {"x-capstan-variant": "candidate"}
    row = plain.predict({"x": 1}, name="plain", headers=candidate).json()["predictions"][0]
    assert (row["model_version"], row["variant"]) == (second, "candidate")


def test_defaults_stand_in_for_a_store_that_fails(server, mlflow, feast_home):
    mlflow.roles("steady", champion=mlflow.register("steady", 0.0))
    try:
        assert server.load("steady").status_code == 200
        (plain,) = server.predict(FLIGHT, name="steady").json()["predictions"]
        assert "defaults" not in plain
        with table_away(feast_home):
            time.sleep(1.1)
            assert ready(server, "steady")[0] == 200  # for it answers
            (row,) = server.predict(FLIGHT, name="steady", return_features=True).json()["predictions"]
            outputs = server.infer(*tensors(FLIGHT), name="steady").json()["outputs"]
            assert server.predict(FLIGHT).status_code == 503  # `tiny` has none
        assert row["defaults"] == ["carrier_delay", "runways"]
        assert row["missing_features"] == ["carrier_flights", "age", "hour"]
        assert row["features"] == {
            "carrier_delay": 10.0,
            "carrier_flights": None,
            "runways": 2,
            "age": None,
            "hour": None,
        }
        assert {t["name"]: t["data"] for t in outputs}["defaults"] == ['["carrier_delay","runways"]']
        frame = read("steady").set_index("prediction_id")
        assert list(frame.loc[row["prediction_id"], "default_features"]) == row["defaults"]
        assert list(frame.loc[plain["prediction_id"], "default_features"]) == []
    finally:
        mlflow.roles("steady")
        server.client.post("/v2/repository/models/steady/unload")


@contextmanager
def forward(port: int, target: int):
    """Forward connections to a port to another one."""

    def pump(source, sink) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def both_ways(near) -> None:
        with near, socket.create_connection(("127.0.0.1", target)) as far:
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join()

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=both_ways, args=(near,), daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
def test_from_a_late_start_to_the_end_under_load(server, mlflow, feast_home, tmp_path):
    """MLflow comes after the server; then the server is stopped while it is busy, and no accepted request is lost."""
    home, port = tmp_path / "home", free_port()
    tracking = f"http://127.0.0.1:{port}"
    constants = {"serving.limits.DRAIN_DELAY": 1}
    with another_server(mlflow, feast_home, home, constants, CAPSTAN_TRACKING_URI=tracking) as own_server:
        assert "MLflow does not answer" in becomes(own_server, 503)
        with forward(port, int(mlflow.url.rsplit(":", 1)[1])):
            becomes(own_server, 200, seconds=60)
            becomes(own_server, 200, "tiny", seconds=60)
            becomes(own_server, 200, "plain", seconds=60)
        store = sqlite3.connect(feast_home / "online.db", isolation_level=None)
        with ThreadPoolExecutor(1) as pool, load(own_server, 3, 1) as polite, load(own_server, 3, 1) as pushing:
            while len(polite.ids) < 200 or len(pushing.ids) < 200:
                time.sleep(0.05)
            store.execute("BEGIN EXCLUSIVE")
            waiting = pool.submit(own_server.predict, FLIGHT)
            time.sleep(0.3)
            own_server.child.terminate()
            assert becomes(own_server, 503, "plain", 0.9) == "The server is about to stop."
            polite.stop.set()  # as a watcher of the readiness does
            assert httpx.get(f"{own_server.url}/v2/health/live").status_code == 200
            while not pushing.failures:
                time.sleep(0.02)
            store.execute("ROLLBACK")
            answer = waiting.result()
            assert own_server.child.wait(20) == 0
        store.close()
    assert answer.status_code == 200
    assert polite.failures == [] and polite.statuses == [] and pushing.statuses == []
    assert len(pushing.failures) == 4
    logged = read("plain", folder=home / "predictions")["prediction_id"]
    assert logged.is_unique and set(polite.ids + pushing.ids) <= set(logged)
    assert not list((home / "predictions" / "wal").iterdir())
    assert answer.json()["predictions"][0]["prediction_id"] in set(
        read("tiny", folder=home / "predictions")["prediction_id"]
    )
