"""Streams that end before their time: the client is slow, or the server stops."""

import json
import socket
import time

import httpx
import pytest

from predictions import read
from tests.support.serving import another_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
PATH = "/v2/models/writer/generate_stream"


@pytest.fixture(scope="module")
def writer(server, mlflow):
    """The version of `writer`, which streams and has the champion's role."""
    version = mlflow.register("writer")
    mlflow.roles("writer", champion=version)
    yield version
    mlflow.roles("writer")
    server.load("writer")


def test_a_client_that_reads_too_slowly_is_given_up(writer, mlflow, feast_home, tmp_path):
    home = tmp_path / "home"
    with another_server(mlflow, feast_home, home, {"serving.limits.TOKEN_SECONDS": 0.5}) as own:
        body = json.dumps({"prompt": "say slowly", "words": 10_000_000}).encode()
        with socket.create_connection(("127.0.0.1", own.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            end = time.monotonic() + 20
            while "stream of 'say slowly' closed" not in own.log.read_text() and time.monotonic() < end:
                time.sleep(0.1)
        log = own.log.read_text()
        assert "the client reads too slowly" in log and "Traceback" not in log
        metrics = own.client.get("/metrics").text
        assert (
            f'capstan_errors_total{{model="writer",status="504",variant="champion",version="{writer}"}} 1.0' in metrics
        )
        (row,) = read("writer", folder=home / "predictions").to_dict("records")
        assert row["partial"] and 0 < row["prediction"]["words"] < 10_000_000


def test_a_server_that_stops_logs_what_it_has_streamed(writer, mlflow, feast_home, tmp_path):
    home = tmp_path / "home"
    constants = {"serving.limits.DRAIN_DELAY": 0.1, "serving.limits.DRAIN_SECONDS": 1}
    with another_server(mlflow, feast_home, home, constants) as own:
        body = {"prompt": "say goodbye", "words": 10_000, "pause": 0.05}
        with own.client.stream("POST", PATH, json=body) as reply, pytest.raises(httpx.HTTPError):
            lines = (line for line in reply.iter_lines() if line)
            first = json.loads(next(lines).removeprefix("data: "))
            own.child.terminate()
            for _ in lines:
                pass
        assert own.child.wait(20) == 0
    (row,) = read("writer", folder=home / "predictions").to_dict("records")
    assert row["prediction_id"] == first["id"] and row["partial"] and row["prediction"]["words"] > 10
