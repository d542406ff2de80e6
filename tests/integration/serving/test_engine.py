"""Streams that a model makes together, through the real server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import grpc
import httpx
import psutil
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings
from components.deploy.core import ask
from predictions import read
from tests.support.processes import wait_until
from tests.support.serving import Server, another_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
PATH = "/v2/models/choir/generate_stream"
FOREVER = 1_000_000


@pytest.fixture(scope="module")
def choir(mlflow) -> Iterator[str]:
    """The version of `choir`, whose model has an engine and room for eight streams."""
    version = mlflow.register("choir")
    mlflow.roles("choir", champion=version)
    yield version
    mlflow.roles("choir")


@pytest.fixture(scope="module")
def own(server, choir, mlflow, feast_home, tmp_path_factory) -> Iterator[Server]:
    with another_server(mlflow, feast_home, tmp_path_factory.mktemp("engine"), CAPSTAN_SERVE="choir") as own:
        yield own


@contextmanager
def stream(server: Server, prompt: str, words: int = FOREVER, pause: float = 0.01, **more) -> Iterator[Iterator[dict]]:
    """A stream that has begun: its events as they come."""
    body = {"prompt": prompt, "words": words, "pause": pause, **more}
    with server.client.stream("POST", PATH, json=body) as reply:
        assert reply.status_code == 200, reply.read()
        yield (json.loads(line.removeprefix("data: ")) for line in reply.iter_lines() if line.startswith("data: "))


def test_engine_is_made_before_the_first_stream_which_would_wait_for_it(own):
    assert own.client.get("/v2/models/choir/ready").is_success
    assert "a choir comes together" in own.log.read_text()


def test_streams_share_their_steps_and_no_stream_has_a_thread(own):
    process = psutil.Process(own.child.pid)
    with stream(own, "sing one") as first:
        next(first)
        threads = process.num_threads()
        with ExitStack() as stack:
            streams = [first, *(stack.enter_context(stream(own, f"sing {n}")) for n in range(2, 8))]
            begun = max(next(events)["words"] for events in streams)  # the step in which the last one joined
            steps = [[event["words"] for event, _ in zip(events, range(400), strict=False)] for events in streams]
            assert process.num_threads() <= threads + 1
    for own_steps in steps:
        assert own_steps == list(range(own_steps[0], own_steps[0] + 400))  # none waits for another
        assert begun + 1 in own_steps, "all have a part of the same step"


def test_a_client_that_leaves_cancels_its_stream_alone(own):
    with stream(own, "sing on") as stays:
        with stream(own, "sing briefly") as leaves:
            next(leaves)
        wait_until(lambda: "'sing briefly' is cancelled" in own.log.read_text())
        assert [next(stays)["text"].strip() for _ in range(20)] == ["on"] * 20
    wait_until(lambda: "'sing on' is cancelled" in own.log.read_text())


def test_what_an_engine_counts_is_a_metric(own, choir):
    line = f'capstan_engine{{counted="texts",model="choir",variant="champion",version="{choir}"}} '
    with stream(own, "sing once") as first, stream(own, "sing twice"):
        next(first)
        wait_until(lambda: f"{line}2.0" in own.client.get("/metrics").text)
    wait_until(lambda: f"{line}0.0" in own.client.get("/metrics").text)


def test_a_stream_that_fails_ends_no_other(own):
    with stream(own, "sing well") as good, stream(own, "sing badly", fail_at=3) as bad:
        events = list(bad)
        assert [event.get("text") for event in events] == [" badly"] * 3 + [None]
        assert "error" in events[-1]
        refused = own.client.post("/v2/models/choir/generate", json={"prompt": "no room"})
        assert refused.status_code == 500
        assert [next(good)["text"].strip() for _ in range(20)] == ["well"] * 20


def test_an_engine_that_fails_is_made_anew(own):
    with stream(own, "sing along") as along:
        next(along)
        assert own.client.post("/v2/models/choir/generate", json={"prompt": "break the engine"}).status_code == 500
        assert "error" in list(along)[-1]
    whole = own.client.post("/v2/models/choir/generate", json={"prompt": "sing again", "words": 3}).json()
    assert whole["text"].split() == ["again"] * 3


def test_more_streams_than_the_limit_are_refused(own):
    with ExitStack() as stack:
        streams = [stack.enter_context(stream(own, f"fill {number}")) for number in range(8)]
        assert all(next(events) for events in streams)
        reply = own.client.post("/v2/models/choir/generate", json={"prompt": "sing late"})
        assert reply.status_code == 503 and reply.headers["retry-after"] == "1"
    wait_until(lambda: own.client.post("/v2/models/choir/generate", json={"prompt": "sing"}).status_code == 200)


def test_a_server_that_stops_finishes_what_it_can_and_cancels_the_rest(choir, server, mlflow, feast_home, tmp_path):
    home, events = tmp_path / "home", []
    constants, env = {"serving.limits.DRAIN_DELAY": 0.1, "serving.limits.DRAIN_SECONDS": 5}, {"CAPSTAN_SERVE": "choir"}
    with another_server(mlflow, feast_home, home, constants, **env) as own:
        with stream(own, "sing goodbye", words=20, pause=0.05) as short:
            events.append(next(short))
            endless = threading.Thread(target=_read_until_cut_off, args=[own])
            endless.start()
            own.child.terminate()
            events += short
        assert own.child.wait(30) == 0
        endless.join()
    assert [event["text"].strip() for event in events] == ["goodbye"] * 20
    rows = {
        row["prediction"]["text"].split()[0]: row
        for row in read("choir", folder=home / "predictions").to_dict("records")
    }
    assert not rows["goodbye"]["partial"]
    assert rows.keys() <= {"goodbye", "forever"} and all(
        row["partial"] for key, row in rows.items() if key == "forever"
    )


def _read_until_cut_off(server: Server) -> None:
    body = {"prompt": "sing forever", "words": FOREVER, "pause": 0.05}
    with suppress(httpx.HTTPError), httpx.stream("POST", server.url + PATH, json=body, timeout=30) as reply:
        for _ in reply.iter_lines():
            pass


def test_a_capstone_may_leave_whole_predictions_out(own):
    row = {"prompt": "sing all"}
    for reply in (own.predict(row, name="choir"), own.infer(name="choir")):
        assert reply.status_code == 501 and "only streams: POST /v2/models/choir/generate" in reply.json()["error"]
    with grpc.insecure_channel(f"127.0.0.1:{own.grpc_port}") as channel, pytest.raises(grpc.RpcError) as caught:
        GRPCInferenceServiceStub(channel).ModelInfer(pb.ModelInferRequest(model_name="choir"), timeout=30)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert own.client.get("/v2/models/choir").json()["predicts"] is False
    paths = own.client.get("/openapi.json").json()["paths"]
    assert "/v2/models/choir/generate" in paths and "/v1/models/choir:predict" not in paths


def test_a_capstone_that_only_streams_is_tried_before_it_is_deployed_and_asked_by_the_command(own, choir, monkeypatch):
    monkeypatch.setenv("CAPSTAN_ENDPOINT_URL", own.url)
    settings.cache_clear()
    rows = [{"prompt": "sing one"}, {"prompt": "sing two", "words": 2}]
    assert [answer["text"] for answer in ask(catalogue.load("choir"), rows, choir, "champion")] == [
        " one one one",
        " two two",
    ]
    with pytest.raises(CapstanError, match="should be version 99"):
        ask(catalogue.load("choir"), rows, "99", "champion")
    command = [sys.executable, "-m", "cli", "predict", "choir", "-e", "prompt=sing three"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and "three three three" in done.stdout, done.stderr
    settings.cache_clear()
