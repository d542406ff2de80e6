"""A request that takes long holds up nobody: neither probes nor other capstones, nor others of its own capstone."""

import threading
from pathlib import Path

import pytest

from tests.support.capstones_of_tests import FOLDER
from tests.support.processes import wait_until
from tests.support.serving import Server

pytestmark = pytest.mark.slow

# Reading waits for the file "open" and writes "read" first; so the order of events is known, however slow the machine.
READS = '''

class Request(BaseModel):
    """A file."""

    file: Base64Bytes

    @field_validator("file")
    @classmethod
    def waits(cls, value):
        folder = Path("{folder}")
        (folder / "read").touch()
        while not (folder / "open").exists():
            time.sleep(0.01)
        return value


def train(tables):
    return Answers({{"file": "binary"}}, lambda columns: {{"probability": [0.5] * len(columns["file"])}})


def examples(tables):
    return [{{"file": "AAAA"}}]
'''


@pytest.fixture(scope="module")
def gate(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def slow_reader(server, mlflow, edited, gate) -> str:
    """A capstone whose requests take until the gate is open."""
    text = (FOLDER / "plain" / "task.py").read_text()
    imports = "import time\nfrom pathlib import Path\n\nfrom pydantic import Base64Bytes, BaseModel, field_validator\n"
    text = text.replace("from pydantic import BaseModel", f"{imports}from pydantic import BaseModel", 1)
    text = text.replace("import Sum", "import Answers, Sum")
    (edited / "slow_reader").mkdir()
    (edited / "slow_reader" / "task.py").write_text(text + READS.format(folder=gate))
    mlflow.roles("slow_reader", champion=mlflow.register("slow_reader", fresh=True))
    assert server.load("slow_reader").status_code == 200
    yield "slow_reader"
    mlflow.roles("slow_reader")
    server.load("slow_reader")


def ask(server: Server, name: str, replies: list) -> threading.Thread:
    asking = threading.Thread(target=lambda: replies.append(server.predict({"file": "AAAA"}, name=name)))
    asking.start()
    return asking


def test_a_request_that_is_read_for_long_holds_up_no_other(server, slow_reader, gate):
    replies: list = []
    asking = ask(server, slow_reader, replies)
    wait_until(lambda: (gate / "read").exists())
    try:
        assert server.client.get("/v2/health/live").status_code == 200
        assert server.client.get(f"/v2/models/{slow_reader}/ready").status_code == 200
        assert server.predict({"x": 1}, name="plain").status_code == 200
        large = server.predict(*[{"x": 1}] * 1_000, name="plain")  # is read in a thread as well
        assert large.status_code == 200 and len(large.json()["predictions"]) == 1_000
        assert not replies
    finally:
        (gate / "open").touch()
        asking.join(60)
    assert replies[0].status_code == 200, replies[0].text
