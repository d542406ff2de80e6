"""The files of a run's outputs, in an object store that answers, that starts again, and that does not answer."""

import json
import threading
import time
from contextlib import ExitStack, contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer

from capstan.settings import settings
from cluster import pipelines
from cluster.outputs import Output
from tests.support.processes import free_port

KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
EXACT = 0.123456789


@pytest.fixture
def address(home, monkeypatch) -> str:
    """Where the object store of the settings is; nothing listens there yet."""
    address = f"http://127.0.0.1:{free_port()}"
    for name, value in {
        "ENDPOINT": address,
        "ACCESS_KEY": "key",
        "SECRET_KEY": "secret",
        "REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"CAPSTAN_S3_{name}", value)
    settings.cache_clear()
    return address


@pytest.fixture
def start(address):
    """Start the object store, which has the files of a run already: moto's servers share what they hold."""
    with server(free_port()) as url:
        s3 = boto3.client("s3", endpoint_url=url, **KEYS)
        s3.create_bucket(Bucket="runs")
        s3.put_object(Bucket="runs", Key="a/report", Body=b"<h1>Report</h1>")
        s3.put_object(Bucket="runs", Key="a/scores", Body=json.dumps({"auc": EXACT}).encode())
    with ExitStack() as stack:
        yield lambda: stack.enter_context(server(int(address.rpartition(":")[2])))


@contextmanager
def server(port: int):
    """An object store on a port of this machine."""
    moto = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    moto.start()
    yield f"http://127.0.0.1:{port}"
    moto.stop()


def read(tmp_path, report: str = "report") -> tuple[dict, list[str]]:
    """Return the outputs of a run with their files read, and the notes."""
    uri, notes = f"minio://runs/a/{report}", []
    outputs = {
        "scores": Output("system.Metrics", "minio://runs/a/scores", "s3://runs/a/scores", {"auc": round(EXACT, 6)}),
        "report": Output("system.HTML", uri, uri.replace("minio", "s3")),
        "version": "7",
    }
    pipelines._read_files(outputs, tmp_path / "run", lambda text, state, _seconds: notes.append((state, text)))
    assert {state for state, _ in notes} <= {"note"}
    return outputs, [text for _, text in notes]


def test_pages_are_copied_and_metrics_are_exact(start, tmp_path):
    start()
    outputs, notes = read(tmp_path)
    assert outputs["scores"].metadata == {"auc": EXACT} and not notes
    assert outputs["report"].path == str(tmp_path / "run" / "report")
    assert (tmp_path / "run" / "report").read_text() == "<h1>Report</h1>"


@pytest.mark.slow
def test_store_that_starts_again_is_waited_for(start, tmp_path):
    thread = threading.Timer(3, start)
    thread.start()
    outputs, notes = read(tmp_path)
    thread.join()
    assert outputs["scores"].metadata == {"auc": EXACT} and not notes


@pytest.mark.slow
def test_store_that_does_not_answer_is_waited_for_once_and_told(address, tmp_path, monkeypatch):
    monkeypatch.setattr(pipelines, "FETCH_SECONDS", 2)
    began = time.monotonic()
    outputs, notes = read(tmp_path)
    assert time.monotonic() - began < 30
    assert outputs["report"].path == "s3://runs/a/report" and outputs["scores"].metadata == {"auc": round(EXACT, 6)}
    assert [note.partition(" was not read: ")[0] for note in notes] == ["scores", "report"]
    assert all("does not answer" in note for note in notes)


def test_page_that_is_gone_is_told(start, tmp_path):
    start()
    outputs, notes = read(tmp_path, "removed")
    assert notes == ["report was not read: there is no minio://runs/a/removed."]
    assert outputs["report"].path == "s3://runs/a/removed"
