"""A service that starts slowly, or fails once: a stand-in takes the place of MLflow, in the folder it runs in."""

import time

import httpx
import pytest

from capstan.errors import CapstanError
from capstan.local import stack
from capstan.local.home import prepare
from capstan.settings import settings
from tests.support.processes import free_port, having

# `python -m mlflow` finds this file first. It reads what its starts do: seconds until it answers, or "ends".
STAND_IN = """
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

starts = Path("starts").read_text().split()
Path("starts").write_text(" ".join(starts[1:]))
if starts[0] == "ends":
    sys.exit("The stand-in ends.")
time.sleep(float(starts[0]))

class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Healthy).serve_forever()
"""


@pytest.fixture
def starts(home, monkeypatch):
    """Say what each start of MLflow does; return the file of the starts that have not happened."""
    monkeypatch.setenv("CAPSTAN_MLFLOW_PORT", str(free_port()))
    settings.cache_clear()

    def write(*each: str):
        folder = home / "mlflow"
        prepare()
        folder.mkdir()
        (folder / "mlflow.py").write_text(STAND_IN)
        (folder / "starts").write_text(" ".join(each))
        return folder / "starts"

    yield write
    list(stack.down())


@pytest.mark.slow
@pytest.mark.rotating
def test_service_that_needs_150_s_to_start_is_waited_for(starts):
    left, began = starts("150", "0"), time.monotonic()
    [mlflow] = stack.up(["mlflow"])
    assert time.monotonic() - began >= 150
    assert stack.healthy(mlflow) and left.read_text() == "0"  # it was started once


@pytest.mark.slow
def test_service_that_ends_at_its_start_is_started_once_more(starts):
    left = starts("ends", "0", "0")
    [mlflow] = stack.up(["mlflow"])
    assert httpx.get(mlflow.url).is_success and left.read_text() == "0"


@pytest.mark.slow
def test_service_that_hangs_at_its_start_is_started_once_more(starts, monkeypatch):
    left = starts("60", "0", "0")
    monkeypatch.setattr(stack, "START_SECONDS", 5)
    list(stack.up(["mlflow"]))
    assert left.read_text() == "0"
    assert len(having("CAPSTAN_HOME", str(settings().home))) == 1  # the first has ended


@pytest.mark.slow
def test_service_that_ends_twice_is_an_error_with_the_end_of_its_log(starts):
    left = starts("ends", "ends", "0")
    with pytest.raises(CapstanError, match=r"(?s)MLflow stopped while it started.*The stand-in ends."):
        list(stack.up(["mlflow"]))
    assert left.read_text() == "0"
