"""No answer without a record: the server killed under load, and on a disk that is full."""

import json
import subprocess
from collections import Counter

import pytest

from predictions import read
from predictions.convert import segments
from tests.support.load import load
from tests.support.processes import wait_until
from tests.support.serving import another_server, tensors
from tests.support.tiny_store import FLIGHT

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


def logged(home, model: str = "plain") -> Counter:
    return Counter(read(model, folder=home / "predictions")["prediction_id"])


def test_every_protocol_is_logged(server):
    first = server.predict(FLIGHT | {"carrier": "ZZ"}, FLIGHT, return_features=True).json()["predictions"]
    second = server.infer(*tensors(FLIGHT)).json()["outputs"]
    frame = read("tiny").set_index("prediction_id")
    for answer in first:
        row = frame.loc[answer["prediction_id"]]
        assert row["features"] == answer["features"] and row["prediction"] == {"probability": answer["probability"]}
        assert not row["partial"]
        for what in ("missing_features", "expired_features", "future_features"):
            assert list(row[what]) == answer[what]
        assert (row["model"], row["version"], row["variant"]) == ("tiny", "1", "champion")
        assert row["prediction_time"].isoformat() == "2013-06-01T12:00:00+00:00"
    row = frame.loc[next(tensor for tensor in second if tensor["name"] == "prediction_id")["data"][0]]
    assert row["inputs"] == FLIGHT


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A small disk."""
    disk = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"mounting needs root: {mounted.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_kill_9_under_load_loses_no_answered_prediction(server, mlflow, feast_home, disk):
    home, small = disk / "home", {"predictions.log.SEGMENT_BYTES": 20000}  # many rotations
    with another_server(mlflow, feast_home, home, small) as victim, load(victim, 6, 2) as seen:
        wait_until(lambda: len(seen.ids) > 1500)
        victim.child.kill()
        victim.child.wait()
    assert len(seen.failures) == 8 and seen.statuses == []
    before = logged(home)
    assert segments(home / "predictions") and set(before.values()) == {1} and set(seen.ids) <= set(before)


@pytest.fixture(scope="module")
def successor(server, mlflow, feast_home, disk):
    """The server that comes after the one that was killed, on the same disk."""
    with another_server(mlflow, feast_home, disk / "home") as own_server:
        yield own_server


def test_what_a_killed_server_left_is_taken_up(successor, disk):
    before = logged(disk / "home")
    wait_until(lambda: not segments(disk / "home" / "predictions"))  # without a request
    answer = successor.predict({"x": 1}, name="plain").json()["predictions"][0]["prediction_id"]
    assert logged(disk / "home") == before | {answer: 1}


def fill(path) -> None:
    with path.open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"0" * 4096)


def test_a_full_disk_is_a_503_until_there_is_space(successor, disk):
    before, filler, row, answered = logged(disk / "home"), disk / "filler", {"x": 1}, []

    def ask(n: int) -> int:
        reply = successor.predict(*[row] * n, name="plain")
        if reply.status_code == 200:
            answered.extend(answer["prediction_id"] for answer in reply.json()["predictions"])
        else:
            assert reply.status_code == 503 and "not answered: No space left on device" in reply.json()["error"]
        return reply.status_code

    assert ask(1) == 200
    for _ in range(3):
        fill(filler)
        statuses = [ask(3) for _ in range(60)]  # the page that was begun may hold some more records
        assert statuses[-1] == 503 and sorted(statuses) == statuses
        reply = successor.infer({"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, name="plain")
        if reply.status_code == 200:  # a single row may still fit
            answered.extend(ids_of_v2(reply))
        assert successor.client.get("/v2/health/live").status_code == 200
        filler.unlink()
        assert ask(1) == 200
    for path in segments(disk / "home" / "predictions"):
        for line in path.read_bytes().splitlines():
            json.loads(line)  # no half line, neither at an end nor in the middle
    assert logged(disk / "home") == before | dict.fromkeys(answered, 1)


def ids_of_v2(reply) -> list[str]:
    return next(tensor["data"] for tensor in reply.json()["outputs"] if tensor["name"] == "prediction_id")
