"""What the endpoint of this machine says of capstones that do not answer."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from capstan.local.endpoint import NotReady, capstones_not_ready
from capstan.settings import settings
from tests.support.http_server import answering

AWAY = "The registry does not answer."


class Endpoint(BaseHTTPRequestHandler):
    """An endpoint whose capstones failed while MLflow was away; `broken` fails again when it is loaded."""

    failed: dict[str, str]

    def do_GET(self) -> None:
        self.answer({"loading": [], "unread": None, "not_ready": self.failed})

    def do_POST(self) -> None:
        name = self.path.split("/")[-2]
        if name == "broken":
            self.failed[name] = "Its weights are damaged."
        else:
            self.failed.pop(name)
        self.answer({})

    def answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def endpoint(home, monkeypatch):
    with answering(HTTPServer(("127.0.0.1", 0), Endpoint)) as server:
        monkeypatch.setenv("CAPSTAN_ENDPOINT_PORT", str(server.server_port))
        settings.cache_clear()
        yield
    settings.cache_clear()


def test_what_failed_while_mlflow_was_away_is_loaded_again_before_it_is_called_broken(endpoint):
    Endpoint.failed = {"well": AWAY, "broken": AWAY}
    assert [capstone.name for capstone in capstones_not_ready()] == ["broken", "well"]  # as `capstan status` asks
    assert capstones_not_ready(10) == [NotReady("broken", "Its weights are damaged.", loading=False)]
