"""A request that takes long holds up nobody: neither probes nor other capstones, nor others of its own capstone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.capstones_of_tests import FOLDER
from tests.support.processes import wait_until
from tests.support.serving import Mlflow, Server

pytestmark = pytest.mark.slow

# Each waits for the file "open", and says by a file of its own where it is: so the order of events is known, however
# slow the machine.
READS = '''

class Request(BaseModel):
    """A file."""

    file: Base64Bytes

    @field_validator("file")
    @classmethod
    def waits(cls, value):
        folder = Path("{folder}")
        (folder / "began").touch()
        while not (folder / "open").exists():
            time.sleep(0.01)
        return value


def train(tables):
    return Answers({{"file": "binary"}}, lambda columns: {{"probability": [0.5] * len(columns["file"])}})


def examples(tables):
    return [{{"file": "AAAA"}}]
'''
COMPUTES = """

LIMITS = Limits(seconds=3)


def answer(columns):
    folder = Path("{folder}")
    if columns["x"][0] == 0:
        return {{"probability": [0.0] * len(columns["x"])}}
    (folder / "began").touch()
    try:
        while not (folder / "open").exists():
            check()
            time.sleep(0.01)
    except Cancelled:
        (folder / "given_up").touch()
        raise
    return {{"probability": [0.5] * len(columns["x"])}}


def train(tables):
    return Answers({{"x": "double", "y": "double"}}, answer)
"""
IMPORTS = """import time
from pathlib import Path

from pydantic import Base64Bytes, BaseModel, field_validator

from capstan.contract.cancellation import Cancelled, check
from capstan.contract.resources import Limits
"""


@pytest.fixture
def gate(tmp_path) -> Iterator[Path]:
    """A folder of files; in the end, those that wait go on."""
    yield tmp_path
    (tmp_path / "open").touch()


@contextmanager
def capstone(name: str, code: str, server: Server, mlflow: Mlflow, folder: Path) -> Iterator[str]:
    """A capstone that is served, like `plain` but for some code."""
    text = (FOLDER / "plain" / "task.py").read_text()
    text = text.replace("from pydantic import", f"{IMPORTS}from pydantic import", 1).replace("Sum", "Answers", 1)
    (folder / name).mkdir()
    (folder / name / "task.py").write_text(text + code)
    mlflow.roles(name, champion=mlflow.register(name, fresh=True))
    assert server.load(name).status_code == 200
    yield name
    mlflow.roles(name)
    server.load(name)


@contextmanager
def asked(server: Server, name: str, row: dict, gate: Path) -> Iterator[Callable[[], httpx.Response | None]]:
    """A request that is being answered; what is yielded returns the answer, None while there is none."""
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(server.predict, row, name=name)
        wait_until((gate / "began").exists)
        yield lambda: asking.result() if asking.done() else None
        (gate / "open").touch()


def test_a_request_that_is_read_for_long_holds_up_no_other(server, mlflow, edited, gate):
    with (
        capstone("slow_reader", READS.format(folder=gate), server, mlflow, edited) as name,
        asked(server, name, {"file": "AAAA"}, gate) as answer,
    ):
        assert server.client.get("/v2/health/live").status_code == 200
        assert server.client.get(f"/v2/models/{name}/ready").status_code == 200
        assert server.predict({"x": 1}, name="plain").status_code == 200
        large = server.predict(*[{"x": 1}] * 1_000, name="plain")  # is read in a thread as well
        assert large.status_code == 200 and len(large.json()["predictions"]) == 1_000
        assert answer() is None
        (gate / "open").touch()
        wait_until(answer)
        assert answer().status_code == 200


def test_an_answer_that_takes_long_holds_up_no_other_of_its_model_and_ends_with_its_time(server, mlflow, edited, gate):
    with capstone("slow_model", COMPUTES.format(folder=gate), server, mlflow, edited) as name:
        assert server.predict({"x": 0}, name=name).status_code == 200
        with asked(server, name, {"x": 1}, gate) as answer:
            assert server.predict({"x": 0}, name=name).json()["predictions"][0]["probability"] == 0
            assert answer() is None
            wait_until((gate / "given_up").exists)
            wait_until(answer)
            assert answer().status_code == 504
