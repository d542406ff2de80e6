"""No answer without a record: the server killed under load, and on a disk that is full."""

import json
import subprocess
import time
from collections import Counter

import pytest

from serving.predictions import read
from serving.predictions.convert import segments
from tests.unit.serving.conftest import FLIGHT, another_server, tensors
from tests.unit.serving.load import load

pytestmark = pytest.mark.slow


def logged(home, model: str = "plain") -> Counter:
    return Counter(read(model, folder=home / "predictions")["prediction_id"])


def wait_until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_every_protocol_is_logged(server):
    first = server.predict(FLIGHT | {"carrier": "ZZ"}, FLIGHT, return_features=True).json()["predictions"]
    second = server.infer(*tensors(FLIGHT)).json()["outputs"]
    frame = read("tiny").set_index("prediction_id")
    for answer in first:
        row = frame.loc[answer["prediction_id"]]
        assert row["features"] == answer["features"] and row["probability"] == answer["probability"]
        for what in ("missing_features", "expired_features", "future_features"):
            assert list(row[what]) == answer[what]
        assert (row["model"], row["version"], row["variant"]) == ("tiny", "1", "champion")
        assert row["prediction_time"].isoformat() == "2013-06-01T12:00:00+00:00"
    row = frame.loc[next(tensor for tensor in second if tensor["name"] == "prediction_id")["data"][0]]
    assert row["inputs"] == FLIGHT


def test_kill_9_under_load_loses_no_answered_prediction(server, mlflow, feast_home, tmp_path):
    home, small = tmp_path / "home", {"CAPSTAN_LOG_SEGMENT_BYTES": "20000"}  # many rotations
    with another_server(mlflow, feast_home, home, **small) as victim, load(victim, 6, 2) as seen:
        wait_until(lambda: len(seen.ids) > 1500, 60)
        victim.child.kill()
        victim.child.wait()
    assert len(seen.failures) == 8 and seen.statuses == []
    before = logged(home)
    assert segments(home / "predictions") and set(before.values()) == {1} and set(seen.ids) <= set(before)
    with another_server(mlflow, feast_home, home, **small) as again:
        wait_until(lambda: not segments(home / "predictions"))  # taken up without a request
        answer = again.predict({"x": 1}, name="plain").json()["predictions"][0]["prediction_id"]
        assert logged(home) == before | {answer: 1}
    assert logged(home) == before | {answer: 1}


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"mounting needs root: {mounted.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_is_a_503_until_there_is_space(server, mlflow, feast_home, small_disk):
    filler, row = small_disk / "filler", {"x": 1}
    with another_server(mlflow, feast_home, small_disk / "home") as full:
        answered = [full.predict(row, name="plain").json()["predictions"][0]["prediction_id"]]
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"0" * 4096)
        for _ in range(3):  # the page that was begun may hold some more records
            statuses = []
            for _ in range(60):
                reply = full.predict(row, row, row, name="plain")
                statuses.append(reply.status_code)
                if reply.status_code == 200:
                    answered += [answer["prediction_id"] for answer in reply.json()["predictions"]]
            assert statuses[-1] == 503 and sorted(statuses) == statuses
            assert "not answered: No space left on device" in reply.json()["error"]
            assert full.client.get("/v2/health/live").status_code == 200
            reply = full.infer({"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, name="plain")
            assert reply.status_code in (200, 503)
            if reply.status_code == 200:
                answered += ids_of_v2(reply)
            filler.unlink()
            reply = full.predict(row, name="plain")
            assert reply.status_code == 200, reply.text
            answered.append(reply.json()["predictions"][0]["prediction_id"])
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
                while True:
                    file.write(b"0" * 4096)
        for path in segments(small_disk / "home" / "predictions"):
            for line in path.read_bytes().splitlines():
                json.loads(line)  # no half line, neither at an end nor in the middle
        assert logged(small_disk / "home") == dict.fromkeys(answered, 1)
        filler.unlink()
    assert logged(small_disk / "home") == dict.fromkeys(answered, 1)


def ids_of_v2(reply) -> list[str]:
    return next(tensor["data"] for tensor in reply.json()["outputs"] if tensor["name"] == "prediction_id")
