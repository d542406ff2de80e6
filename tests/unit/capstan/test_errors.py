"""What is said of errors that a user can fix, and with which exit code."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from capstan.errors import Busy, Unavailable
from capstan.services import endpoint_client, http
from capstan.settings import settings
from capstan.versions import registry
from tests.support.http_server import answering
from tests.support.processes import free_port

ADVICE = {"local": "`capstan up`", "cluster": "`capstan cluster status`"}


@pytest.fixture(params=ADVICE)
def advice(request, monkeypatch) -> str:
    """What helps in a profile, in which nothing answers."""
    monkeypatch.setattr(settings(), "profile", request.param)
    for name in ("tracking_uri", "endpoint_url"):
        monkeypatch.setattr(settings(), name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setitem(http.CONNECT_SECONDS, settings().profile, 0)
    return ADVICE[request.param]


def test_registry_that_is_away_may_come_back(advice):
    with pytest.raises(Unavailable, match="MLflow does not answer") as caught:
        registry.versions("flight_delay")
    assert advice in str(caught.value) and caught.value.exit_code == Busy.exit_code == 75


def test_endpoint_that_is_away_may_come_back(monkeypatch, advice):
    if settings().profile == "cluster":
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    with pytest.raises(Unavailable, match="endpoint does not answer") as caught:
        endpoint_client._ask("GET", settings().endpoint_url, "/v2")
    assert advice in str(caught.value)


@pytest.fixture
def gate(monkeypatch):
    """What stands before MLflow or a model server, while that starts."""

    class Away(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(502)

        def log_message(self, *_arguments):
            pass

    with answering(ThreadingHTTPServer(("127.0.0.1", free_port()), Away)) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(settings(), "tracking_uri", url)
        monkeypatch.setitem(http.CONNECT_SECONDS, settings().profile, 0)
        yield url


def test_service_behind_a_gate_may_come_back(gate):
    with pytest.raises(Unavailable, match=r"MLflow does not answer at .* \(502 Bad Gateway\)"):
        registry.versions("flight_delay")
    with pytest.raises(Unavailable, match="The endpoint answered 502"):
        endpoint_client._ask("GET", gate, "/v2")


@pytest.mark.parametrize(
    ("raised", "said"), [("errors.CapstanError('Do this.')", "Error: Do this.\n"), ("ValueError('a bug')", "Traceback")]
)
def test_a_command_ends_with_the_message_and_keeps_the_traceback_of_a_bug(raised, said):
    code = f"from capstan import errors; errors.without_tracebacks(); raise {raised}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith(said)
    assert ("Traceback" in done.stderr) == (said == "Traceback")
