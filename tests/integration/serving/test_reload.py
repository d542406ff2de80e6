"""Loading follows the roll-out's state, and harms no request."""

import asyncio
import socket
import threading

import httpx
import pytest

from capstan.errors import CapstanError
from tests.support.processes import free_port, wait_until
from tests.support.serving import another_server
from tests.support.tiny_store import FLIGHT

CHALLENGER = {"x-capstan-variant": "challenger"}


@pytest.fixture
def plain(server, mlflow):
    """`plain`, put back to its first version afterwards."""
    yield server
    mlflow.roles("plain", champion="1")
    assert server.load("plain").status_code == 200


def served(server, headers: dict | None = None) -> tuple[str, str]:
    row = server.predict({"x": 0}, name="plain", headers=headers).json()["predictions"][0]
    return row["model_version"], row["variant"]


def test_a_server_without_models_is_alive(server):
    assert server.born_with == []
    assert sorted(server.client.get("/v2/models").json()["models"]) == ["plain", "tiny"]  # other tests load them again


def test_no_role_is_no_model(server):
    reply = server.load("unborn")
    assert reply.status_code == 503 and "neither a champion nor a challenger" in reply.json()["error"]
    reply = server.predict({"x": 1}, name="unborn")
    assert reply.status_code == 404 and "GET /v2/models lists" in reply.json()["error"]


def test_challenger_then_promotion_then_unload(plain, mlflow):
    second = mlflow.register("plain", 1.0)
    mlflow.roles("plain", champion="1", challenger=second)
    assert plain.predict({"x": 0}, name="plain", headers=CHALLENGER).status_code == 404  # not before the load
    variants = {"champion": "1", "challenger": second}
    assert plain.load("plain").json() == {"name": "plain", "load": True, "variants": variants, "unloadable": {}}
    assert served(plain) == ("1", "champion")
    assert served(plain, {"x-capstan-variant": "champion"}) == ("1", "champion")
    assert served(plain, CHALLENGER) == (second, "challenger")
    assert plain.client.get("/v2/models/plain").json()["versions"] == ["1", second]
    mlflow.roles("plain", champion=second)
    assert plain.load("plain").status_code == 200
    assert served(plain) == (second, "champion")
    assert plain.client.post("/v2/repository/models/plain/unload").status_code == 200
    assert plain.predict({"x": 0}, name="plain").status_code == 404


@pytest.mark.slow
def test_an_unload_holds_until_the_roll_out_changes(plain, mlflow, feast_home, tmp_path):
    """A server that looks for new roll-outs by itself does not bring back what a request has unloaded."""
    second = mlflow.register("plain", 1.0)
    env = {"CAPSTAN_ROLLOUT_SECONDS": "0.2", "CAPSTAN_SERVE": "plain,tiny"}
    try:
        with another_server(mlflow, feast_home, tmp_path / "home", **env) as own:
            assert own.client.post("/v2/repository/models/plain/unload").json() == {"name": "plain", "unload": True}
            mlflow.roles("tiny", champion="1", candidate="1")
            wait_until(lambda: "candidate" in own.client.get("/v2/models/tiny").json()["variants"])  # it has looked
            assert own.predict({"x": 0}, name="plain").status_code == 404
            assert own.client.post("/v2/repository/models/plain/unload").status_code == 404
            [row] = [row for row in own.client.post("/v2/repository/index").json() if row["name"] == "plain"]
            assert (row["state"], row["reason"]) == ("UNAVAILABLE", "It is not loaded.")
            mlflow.roles("plain", champion=second)
            wait_until(lambda: own.predict({"x": 0}, name="plain").status_code == 200)
            assert served(own) == (second, "champion")
    finally:
        mlflow.roles("tiny", champion="1")
        plain.load("tiny")


def test_a_challenger_alone_answers_only_by_header(plain, mlflow):
    mlflow.roles("plain", challenger="1")
    assert plain.load("plain").status_code == 200
    assert served(plain, CHALLENGER) == ("1", "challenger")
    for reply in (plain.predict({"x": 0}, name="plain"), plain.client.get("/v2/models/plain/ready")):
        assert reply.status_code == 503
    assert "has no champion yet" in plain.predict({"x": 0}, name="plain").json()["error"]


def test_reloading_loses_no_request(plain, mlflow):
    versions = ["1", mlflow.register("plain", 1.0)]
    replies, stop = [], threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=plain.url, timeout=30) as client:
            while not stop.is_set():
                reply = client.post("/v1/models/plain:predict", json={"instances": [{"x": 0}] * 20})
                replies.append((reply.status_code, reply.json()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(6):
            mlflow.roles("plain", champion=versions[turn % 2 - 1])
            assert plain.load("plain").status_code == 200
            assert served(plain)[0] == versions[turn % 2 - 1]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {status for status, _ in replies} == {200} and len(replies) > 20
    expected = {versions[0]: 0.5, versions[1]: pytest.approx(0.7310585786)}
    for _, body in replies:  # the rows of an answer come from one version, and the score is that version's
        (version,) = {row["model_version"] for row in body["predictions"]}
        assert all(row["probability"] == expected[version] for row in body["predictions"])
    assert {body["predictions"][0]["model_version"] for _, body in replies} == set(versions)


def test_concurrent_loads_are_fine(plain):
    async def load() -> set[int]:
        async with httpx.AsyncClient(base_url=plain.url, timeout=30) as client:
            replies = await asyncio.gather(*(client.post("/v2/repository/models/tiny/load") for _ in range(4)))
        return {reply.status_code for reply in replies}

    assert asyncio.run(load()) == {200}
    assert plain.predict(FLIGHT).status_code == 200


def test_a_registry_that_does_not_answer_is_a_503(monkeypatch):

    from capstan.settings import settings
    from serving.api.dataplane import CapstanDataPlane
    from serving.model.repository import CapstoneRepository
    from serving.rest import create_app

    async def load() -> httpx.Response:
        repository = CapstoneRepository(lambda name: None)
        app = create_app(CapstanDataPlane(repository), 2**20)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            return await client.post("/v2/repository/models/plain/load")

    monkeypatch.setenv("CAPSTAN_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    settings.cache_clear()
    try:
        reply = asyncio.run(load())
    finally:
        settings.cache_clear()
    assert reply.status_code == 503 and "MLflow does not answer" in reply.json()["error"]


def test_a_taken_port_is_said_before_anything_is_loaded():
    from serving.model.repository import CapstoneRepository
    from serving.server import CapstanServer

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CapstanError, match=f"Cannot listen on 127.0.0.1:{port}"):
            CapstanServer(CapstoneRepository(), "127.0.0.1", free_port(), port).start()
