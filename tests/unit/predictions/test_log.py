"""The prediction log's files: rotation, crashes at every point, what a reader sees."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from capstan.data.storage import Folder
from capstan.errors import Unavailable
from predictions import read, records
from predictions.convert import convert, convert_all, segments
from predictions.log import PredictionLog
from predictions.wal import Wal
from serving.model import log_lines
from serving.model.inference import Inference
from serving.schema.rows import Row
from serving.scoring.features import Report


class Request(BaseModel):
    x: float
    y: float | None = None


def lines(*ids: str, model: str = "plain", x: float = 1.0, partial: bool = False) -> bytes:
    n = len(ids)
    batch = Inference(
        SimpleNamespace(version="1", role="champion"),
        [Row(Request(x=x), datetime.now(UTC))] * n,
        {"x": [x] * n, "y": [None] * n},
        [Report(missing=["y"])] * n,
        [{"probability": 0.25, "words": ["a", "b"]}] * n,
        list(ids),
        partial,
    )
    return log_lines.encode(model, batch)


def ids(folder, model: str = "plain", since=None) -> list[str]:
    return sorted(read(model, since, folder)["prediction_id"])


def parquet(folder) -> list:
    return sorted(folder.glob("model=*/date=*/*.parquet"))


@pytest.fixture
def wal(tmp_path) -> Wal:
    return Wal(tmp_path / "wal", 2**20)


def test_a_record_is_read_as_it_was_written(tmp_path, wal):
    before = datetime.now(UTC)
    wal.append(lines("a", x=0.1))
    for _ in range(2):  # from the write-ahead log, then from parquet
        frame = read("plain", folder=tmp_path)
        assert list(frame.columns) == records.SCHEMA.names
        (row,) = frame.to_dict("records")
        assert (row["prediction_id"], row["version"], row["variant"]) == ("a", "1", "champion")
        assert row["prediction"] == {"probability": 0.25, "words": ["a", "b"]} and not row["partial"]
        assert row["inputs"] == row["features"] == {"x": 0.1, "y": None}
        assert (list(row["missing_features"]), list(row["expired_features"])) == (["y"], [])
        assert before - timedelta(seconds=1) < row["time"] <= datetime.now(UTC)
        wal.seal()
        convert_all(tmp_path)
    assert segments(tmp_path) == [] and len(parquet(tmp_path)) == 1
    assert parquet(tmp_path)[0].parent.name == f"date={before.date()}"


def test_nothing_logged_is_an_empty_table(tmp_path):
    frame = read("plain", folder=tmp_path)
    assert frame.empty and list(frame.columns) == records.SCHEMA.names
    assert not any(tmp_path.iterdir())
    with pytest.raises(ValueError, match="without a time zone"):
        read("plain", datetime(2024, 1, 1))


def test_a_segment_ends_by_size(tmp_path):
    wal = Wal(tmp_path / "wal", len(lines("a")) * 3)
    for i in range(7):
        wal.append(lines(str(i)))
    assert len(segments(tmp_path)) == 3
    assert convert_all(tmp_path) == 2 and len(segments(tmp_path)) == 1  # the one that is written stays
    assert ids(tmp_path) == list("0123456")


def test_a_segment_ends_by_time_without_requests(tmp_path):
    log = PredictionLog(tmp_path, segment_seconds=0.5)
    log.start()
    asyncio.run(log.append(lines("a")))
    end = datetime.now() + timedelta(seconds=30)
    while (not parquet(tmp_path) or segments(tmp_path)) and datetime.now() < end:
        threading.Event().wait(0.05)
    assert len(parquet(tmp_path)) == 1 and segments(tmp_path) == []
    asyncio.run(log.append(lines("b")))
    log.close()
    assert ids(tmp_path) == ["a", "b"] and segments(tmp_path) == []


def test_models_have_folders_of_their_own_and_since_is_inclusive(tmp_path, wal):
    wal.append(lines("a") + lines("b", model="other"))
    time = read("plain", folder=tmp_path)["time"][0].to_pydatetime()
    old = lines("old").replace(f"{time:%Y-%m-%d}".encode(), b"2020-02-03", 1)
    wal.append(old)
    for _ in range(2):
        assert (ids(tmp_path), ids(tmp_path, "other")) == (["a", "old"], ["b"])
        assert ids(tmp_path, since=time) == ["a"]
        assert ids(tmp_path, since=time + timedelta(microseconds=1)) == []
        wal.seal()
        convert_all(tmp_path)
    assert (tmp_path / "model=plain" / "date=2020-02-03").is_dir()


@pytest.mark.parametrize("models", [1, 2])
def test_a_crash_between_parquet_and_removal_neither_loses_nor_doubles(tmp_path, wal, models):
    wal.append(lines("a", "b") + lines("c", model="other"))
    wal.seal()
    (segment,) = segments(tmp_path)
    convert(segment.stem, segment.read_bytes(), tmp_path)  # and here the process ends
    if models == 1:  # or it had written one model's file only
        next(tmp_path.glob("model=other/*/*.parquet")).unlink()
    for _ in range(2):
        assert (ids(tmp_path), ids(tmp_path, "other")) == (["a", "b"], ["c"])
        convert_all(tmp_path)
    assert segments(tmp_path) == [] and len(parquet(tmp_path)) == 2


def test_rows_that_came_after_a_segment_was_read_are_in_its_parquet(tmp_path, wal):
    """As a reader sees it, when a segment grows and is converted between its two monitoring runs."""
    wal.append(lines("a"))
    (segment,) = segments(tmp_path)
    convert(segment.stem, segment.read_bytes() + lines("b"), tmp_path)
    assert ids(tmp_path) == ["a", "b"]


def test_torn_and_broken_lines(tmp_path):
    (tmp_path / "wal").mkdir()
    whole = lines("a", "b")
    broken = b"\0\0\0\n" + b'{"prediction_id": 5}\n' + b"{}\n"
    (tmp_path / "wal" / "1.jsonl").write_bytes(whole + broken + lines("c") + lines("torn")[:-9])
    assert ids(tmp_path) == ["a", "b", "c"]
    assert convert_all(tmp_path) == 1
    assert ids(tmp_path) == ["a", "b", "c"]
    assert (tmp_path / "quarantine" / "1.jsonl").read_bytes() == broken


def test_an_empty_segment_leaves_nothing(tmp_path):
    (tmp_path / "wal").mkdir()
    (tmp_path / "wal" / "1.jsonl").touch()
    assert convert_all(tmp_path) == 1 and parquet(tmp_path) == []


def test_a_long_record_and_many_records(tmp_path, wal):
    long = json.dumps(json.loads(lines("long")) | {"inputs": json.dumps({"x": "ä" * 3_000_000})}).encode() + b"\n"
    wal.append(long + lines(*(f"{i:05}" for i in range(20_000))))
    wal.seal()
    convert_all(tmp_path)
    assert len(ids(tmp_path)) == 20_001


def test_two_writers_share_a_folder(tmp_path):
    """Of two servers on one folder, neither takes the segment that the other writes."""
    code = (
        "import sys, time; from pathlib import Path; from predictions.wal import Wal\n"
        "Wal(Path(sys.argv[1]) / 'wal', 2**20).append(sys.stdin.buffer.read())\n"
        "print('written', flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdin.write(lines("other"))
        child.stdin.close()
        assert child.stdout.readline() == b"written\n"
        wal = Wal(tmp_path / "wal", 2**20)
        wal.append(lines("ours"))
        wal.seal()
        assert convert_all(tmp_path) == 1 and ids(tmp_path) == ["other", "ours"]
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert convert_all(tmp_path) == 1 and ids(tmp_path) == ["other", "ours"]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.parametrize("fsync", [False, True])
def test_requests_that_wait_share_a_write(tmp_path, fsync):
    log = PredictionLog(tmp_path, fsync=fsync)

    async def together() -> None:
        await asyncio.gather(*(log.append(lines(f"{i:03}")) for i in range(200)))

    asyncio.run(together())
    assert ids(tmp_path) == [f"{i:03}" for i in range(200)] and log.waiting == 0


def test_a_record_whose_client_left_holds_up_nobody(tmp_path):
    log = PredictionLog(tmp_path)

    async def leave() -> None:
        first = asyncio.create_task(log.append(lines("a")))
        await asyncio.sleep(0)
        first.cancel()
        await log.append(lines("b"))

    asyncio.run(leave())
    assert ids(tmp_path) == ["a", "b"]


def test_a_file_that_may_not_grow_is_left_for_another(tmp_path):
    """EFBIG: the half line is cut off and the next record goes to a new segment."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log, line = PredictionLog(tmp_path), lines("a")
    asyncio.run(log.append(line))
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(line) + 10, hard))
    try:
        with pytest.raises(Unavailable, match="could not be logged, so it is not answered: File too large"):
            asyncio.run(log.append(lines("b")))
        asyncio.run(log.append(lines("c")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ids(tmp_path) == ["a", "c"] and len(segments(tmp_path)) == 2


def test_a_segment_that_cannot_be_converted_holds_up_no_other(tmp_path):
    (tmp_path / "wal").mkdir()
    for name in ("1", "2"):
        (tmp_path / "wal" / f"{name}.jsonl").write_bytes(lines(name, model=f"m{name}"))
    (tmp_path / "model=m1").write_text("in the way of the folder")
    with pytest.raises(OSError):
        convert_all(tmp_path)
    assert [path.stem for path in segments(tmp_path)] == ["1"] and ids(tmp_path, "m2") == ["2"]
    (tmp_path / "model=m1").unlink()
    assert convert_all(tmp_path) == 1 and ids(tmp_path, "m1") == ["1"]


BAD = {"null": b"null\n", "empty": b"{}\n", "list": b"[1]\n", "zeros": b"\0\0\0\n", "text": b"hello\n"}
BAD |= {"other": b'{"model":"plain"}\n', "number": b'{"model":1}\n', "half": b'{"model":"plain","time":\n'}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize("where", ["first", "last", "alone"])
def test_lines_that_are_no_records_are_set_aside_and_the_others_kept(tmp_path, bad, where, caplog):
    """Arrow ends the process at `null`, and reads `{}` as a record of nothing."""
    (tmp_path / "wal").mkdir()
    good = b"" if where == "alone" else lines("a", "b")
    (tmp_path / "wal" / "old.jsonl").write_bytes(bad + good if where == "first" else good + bad)
    assert convert_all(tmp_path) == 1
    assert ids(tmp_path) == ([] if where == "alone" else ["a", "b"])
    assert (tmp_path / "quarantine" / "old.jsonl").read_bytes() == bad
    assert "1 lines of old are no records" in caplog.text


def test_a_log_that_is_in_a_hurry_moves_what_it_has_and_what_comes(tmp_path):
    """As in a pod that has a second to end: it is killed before its log is closed."""
    writer = PredictionLog(tmp_path / "log", storage=Folder(tmp_path / "store"))  # a segment takes five minutes
    writer.start()
    asyncio.run(writer.append(lines("a")))
    writer.hurry()
    wait_until(lambda: ids(tmp_path / "store" / "predictions") == ["a"])
    asyncio.run(writer.append(lines("b")))
    wait_until(lambda: ids(tmp_path / "store" / "predictions") == ["a", "b"])
    writer.close()


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(("seconds", "moved"), [(0, False), (30, True)])
def test_a_log_that_is_closed_while_the_store_is_away_waits_for_it(tmp_path, monkeypatch, seconds, moved):
    monkeypatch.setattr("predictions.log.MAINTENANCE_SECONDS", 0.05)
    store = tmp_path / "store"
    store.write_text("a file where the folder will be: nothing can be stored")
    writer = PredictionLog(tmp_path / "log", storage=Folder(store), close_seconds=seconds)
    asyncio.run(writer.append(lines("a")))
    back = threading.Timer(0.5, store.unlink)
    back.start()
    writer.close()
    back.join()
    assert ids(store / "predictions" if moved else tmp_path / "log") == ["a"]
    assert len(parquet(tmp_path / "log")) == (not moved)
