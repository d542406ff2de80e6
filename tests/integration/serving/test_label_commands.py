"""`capstan labels load` and `capstan erase`, against their own server that wants tokens."""

import csv
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictions import labelled, read
from predictions.labels import LabelStore
from serving.guards.tokens import add
from tests.support.processes import ROOT
from tests.support.serving import another_server
from tests.support.tiny_store import FLIGHT, NOW

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
KNOWN = "2013-06-01T15:00:00Z"
PERSON = "N66613"  # in no file before


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("commands") / "home"


@pytest.fixture(scope="module")
def place(server, mlflow, feast_home, home):
    """The server; its client is Ann, and `CAPSTAN_LABELS_TOKEN` is the airline's."""
    tokens = home.parent / "tokens"
    ann, airline = add(tokens, "ann"), add(tokens, "airline", "labels")
    with another_server(mlflow, feast_home, home, CAPSTAN_TOKENS_FILE=str(tokens)) as own_server:
        own_server.client.headers["Authorization"] = f"Bearer {ann}"
        own_server.environment = {"CAPSTAN_HOME": str(home), "CAPSTAN_ENDPOINT_URL": own_server.url}
        own_server.environment |= {"CAPSTAN_TOKEN": ann, "CAPSTAN_LABELS_TOKEN": airline}
        yield own_server


def capstan(place, *arguments: object, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    env = os.environ | place.environment | environment
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def load(place, path, *options: object) -> tuple[int, dict]:
    done = capstan(place, "labels", "load", "tiny", path, "--json", *options)
    assert done.returncode in (0, 1) and done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def predicted(place, n: int = 1, **fields) -> list[str]:
    return [answer["prediction_id"] for answer in place.predict(*[FLIGHT | fields] * n).json()["predictions"]]


def test_a_file_is_loaded_and_may_be_loaded_again(place, home, tmp_path):
    ids = predicted(place, 700) + predicted(place, 700)
    rows = [{"prediction_id": id_, "label": i % 2 == 0, "known_at": KNOWN} for i, id_ in enumerate(ids)]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows[:500]))
    with (tmp_path / "b.csv").open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"label": json.dumps(row["label"])} for row in rows[500:1000])
    times = pa.array([datetime.fromisoformat(KNOWN)] * 1400, pa.timestamp("us", "UTC"))
    table = pa.table({name: [row[name] for row in rows] for name in ("prediction_id", "label")})
    pq.write_table(table.append_column("known_at", times), tmp_path / "c.parquet")
    assert load(place, tmp_path / "a.jsonl") == (0, {"capstone": "tiny", "accepted": 500, "late": 0, "refused": []})
    assert load(place, tmp_path / "b.csv")[1]["accepted"] == 500
    code, report = load(place, tmp_path / "c.parquet")
    assert (code, report["accepted"], report["same"]) == (0, 400, 1000)
    assert load(place, tmp_path / "c.parquet")[1]["same"] == 1400
    frame = labelled("tiny", folder=home / "predictions", labels=LabelStore(f"sqlite:///{home}/predictions/labels.db"))
    assert dict(zip(frame["prediction_id"], frame["label"], strict=True)) == {
        row["prediction_id"]: row["label"] for row in rows
    }


def test_refused_rows_are_counted_and_written_with_the_reason(place, tmp_path):
    first, second = predicted(place, 2, sched_dep="2013-08-01T13:00:00Z", tailnum="N5")
    header = "carrier,origin,tailnum,time,label,known_at,correct\n"
    good = "AA,JFK,N5,2013-08-01T12:00:00Z,true,2013-08-05T00:00:00Z,\n"  # both, late
    contradicting = "AA,JFK,N5,2013-08-01T12:00:00Z,false,2013-08-05T00:00:00Z,\n"
    unknown = "AA,JFK,N6,2013-08-01T12:00:00Z,true,2013-08-05T00:00:00Z,\n"
    wrong = "AA,JFK,N5,2013-08-01T12:00:00Z,maybe,2013-08-05T00:00:00Z,\n"
    (tmp_path / "a.csv").write_text(header + good + contradicting + unknown + wrong)
    code, report = load(place, tmp_path / "a.csv", "--refused", tmp_path / "refused.jsonl")
    assert code == 1
    counts = {name: report[name] for name in ("accepted", "late", "contradicting", "unknown", "wrong")}
    assert counts == dict.fromkeys(counts, 1)
    refused = [json.loads(line) for line in (tmp_path / "refused.jsonl").read_text().splitlines()]
    assert [row["outcome"] for row in refused] == ["contradicting", "unknown", "wrong"]
    assert refused[0]["row"]["entity"] == {"carrier": "AA", "origin": "JFK", "tailnum": "N5"}
    (tmp_path / "b.csv").write_text(header + contradicting.replace(",\n", ",true\n"))
    assert load(place, tmp_path / "b.csv")[1]["corrected"] == 1
    done = capstan(place, "labels", "load", "tiny", tmp_path / "a.csv")
    assert done.returncode == 1 and "2 contradicting" not in done.stdout and "1 unknown" in done.stdout
    assert {first, second} <= set(read_ids(place))


def read_ids(place) -> list[str]:
    from pathlib import Path

    return list(read("tiny", folder=Path(place.environment["CAPSTAN_HOME"]) / "predictions")["prediction_id"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "x", "is none of .parquet, .csv"),
        ("none.csv", None, "none.csv cannot be read: [Errno 2] No such file"),
        ("a.parquet", "x", "a.parquet cannot be read"),
        (
            "a.csv",
            "prediction_id,label,label\nx,true,false\n",
            "a.csv cannot be read: its columns are there twice: 'label'",
        ),
        ("a.csv", "prediction_id|label\nx|true\n", "a.csv cannot be read: it has no column `label`"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(place, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    done = capstan(place, "labels", "load", "tiny", tmp_path / name)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1


def wrong_lines(report: dict) -> list[tuple[str, str]]:
    """Return what each refused row says: file, line and prediction; and why."""
    return [tuple(row["error"].split(": ", 1)) for row in report["refused"]]


def test_a_wrong_line_is_named_and_holds_up_no_other(place, tmp_path):
    ids = predicted(place, 4)
    lines = [b"\xef\xbb\xbfprediction_id,label,known_at,note"]  # with Excel's mark, and a column of its user's
    lines += [f"{ids[0]},TRUE,{KNOWN},x".encode(), f"{ids[1]},True,{KNOWN},x,more".encode(), b"", b",,,"]
    lines += [f"{ids[1]},true,{KNOWN},x,".encode(), b'"' + ids[1].encode() + b'"x,true', b"b" + b"\xff" + b",true,,"]
    lines += [f"{ids[1]},Infinity,,".encode(), f"{ids[1]},{'[' * 5000},,".encode(), f"{ids[1]},False".encode()]
    (tmp_path / "a.csv").write_bytes(b"\r\n".join(lines) + b"\r\n")
    refused = tmp_path / "refused.jsonl"
    code, report = load(place, tmp_path / "a.csv", "--refused", refused)
    assert (code, report["accepted"], report["wrong"]) == (1, 2, 6)
    report["refused"] = [json.loads(line) for line in refused.read_text().splitlines()]
    assert [row["line"] for row in report["refused"]] == [3, 6, 7, 8, 9, 10]
    named, why = zip(*wrong_lines(report), strict=True)
    assert named[0] == f"{tmp_path}/a.csv, line 3" and named[4] == f"{tmp_path}/a.csv, line 9, prediction '{ids[1]}'"
    for text, part in zip(why, ("5 fields", "5 fields", "no CSV", "UTF-8", "'Infinity'", "valid boolean"), strict=True):
        assert part in text

    deep, half = '{"prediction_id": "c", "label": ' + "[" * 100_000, '{"prediction_id": "'
    rows = ["\ufeff" + json.dumps({"prediction_id": ids[2], "label": True, "known_at": KNOWN}), deep, half, "", "[1]"]
    rows += ['{"prediction_id": "c", "label": Infinity}', '{"prediction_id": "c", "label": "\\ud800"}']
    rows += ['{"prediction_id": "c", "label": true, "label": false}', '{"prediction_id": "c", "label": 1e999}']
    rows += ['{"prediction_id": "c", "label": ' + "[" * 300 + "]" * 300 + "}"]
    rows += [json.dumps({"prediction_id": ids[3], "label": True, "known_at": KNOWN})]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    code, report = load(place, tmp_path / "a.jsonl", "--refused", refused)
    assert (code, report["accepted"], report["wrong"]) == (1, 2, 8)
    report["refused"] = [json.loads(line) for line in refused.read_text().splitlines()]
    assert [row["line"] for row in report["refused"]] == [2, 3, 5, 6, 7, 8, 9, 10]


def test_long_rows_are_sent_in_smaller_batches(place, tmp_path):
    entity = {"carrier": "AA", "origin": "JFK"}
    row = {"time": "2013-08-01T12:00:00Z", "label": True}
    rows = [row | {"entity": entity | {"tailnum": f"{n}{'N' * 4000}"}} for n in range(500)]  # twice what fits
    rows.append(row | {"entity": entity | {"tailnum": "N" * 2**20}})
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    code, report = load(place, tmp_path / "a.jsonl", "--refused", tmp_path / "refused.jsonl")
    assert (code, report["unknown"], report["wrong"]) == (1, 500, 1)
    last = json.loads((tmp_path / "refused.jsonl").read_text().splitlines()[-1])
    assert last["line"] == 501 and "the endpoint takes 1,048,576" in last["error"]


def test_the_report_of_what_was_sent_outlives_an_error(place, tmp_path):
    rows = pa.table({"prediction_id": [f"none-{n}" for n in range(2000)], "label": [True] * 2000})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=1000, compression="none", use_dictionary=False)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    start = pq.read_metadata(tmp_path / "a.parquet").row_group(1).column(0).data_page_offset
    content[start : start + 5000] = bytes(5000)
    (tmp_path / "a.parquet").write_bytes(content)
    done = capstan(place, "labels", "load", "tiny", tmp_path / "a.parquet", "--refused", tmp_path / "refused.jsonl")
    assert done.returncode == 1 and "1,000 unknown" in done.stdout and "row 1000 was the last" in done.stderr
    assert len((tmp_path / "refused.jsonl").read_text().splitlines()) == 1000


def test_the_report_is_shown_where_the_disk_is_too_full_for_the_reasons(place, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"prediction_id": "none", "label": true}\n')
    done = capstan(place, "labels", "load", "tiny", tmp_path / "a.jsonl", "--refused", "/dev/full")
    assert done.returncode == 1 and "1 unknown" in done.stdout
    assert done.stderr.startswith("Error: The disk is full: the file system at /dev") and "Traceback" not in done.stderr


def test_without_the_token_or_labels_the_command_says_so(place, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"prediction_id": "x", "label": true}\n')
    done = capstan(place, "labels", "load", "tiny", tmp_path / "a.jsonl", CAPSTAN_LABELS_TOKEN="")
    assert done.returncode == 1 and "403" in done.stderr and "--for labels" in done.stderr
    done = capstan(place, "labels", "load", "plain", tmp_path / "a.jsonl")
    assert done.returncode == 1 and "plain takes no labels" in done.stderr


def test_a_person_is_erased_from_log_and_labels(place, home, tmp_path):
    mine = predicted(place, 5, tailnum=PERSON) + predicted(place, 2, tailnum=PERSON, carrier="UA")
    others = [*predicted(place, 3, tailnum="N66"), *predicted(place, 1, tailnum=None)]
    rows = [
        {"prediction_id": id_, "label": True, "known_at": (NOW + timedelta(hours=3)).isoformat()}
        for id_ in mine + others
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert load(place, tmp_path / "a.jsonl")[1]["accepted"] == 11
    assert place.predict(FLIGHT | {"tailnum": [PERSON]}).status_code == 400
    body = {"actuals": [{"prediction_id": mine[0], "label": False}]}
    headers = {"Authorization": f"Bearer {place.environment['CAPSTAN_LABELS_TOKEN']}"}
    assert place.client.post("/v2/models/tiny/actuals", json=body, headers=headers).status_code == 409
    assert files_with(home, place.log, PERSON) and files_with(home, place.log, mine[0])
    before = set(read_ids(place))
    done = capstan(place, "erase", "tiny", "--entity", f"tailnum={PERSON}", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) | {"files": 0} == {
        **{"capstone": "tiny", "entity": {"tailnum": PERSON}},
        **{"predictions": 7, "labels": 7, "files": 0, "features": []},
    }
    assert before - set(read_ids(place)) == set(mine)
    store = LabelStore(f"sqlite:///{home}/predictions/labels.db")
    assert not any(store.history("tiny", id_) for id_ in mine) and all(store.history("tiny", id_) for id_ in others)
    assert files_with(home, place.log, PERSON, *mine) == []
    assert load(place, tmp_path / "a.jsonl")[1] | {"refused": 0} == {
        **{"capstone": "tiny", "unknown": 7, "same": 4},
        **{"late": 0, "refused": 0},
    }
    assert json.loads(capstan(place, "erase", "tiny", "-e", f"tailnum={PERSON}", "--json").stdout)["predictions"] == 0
    done = capstan(place, "erase", "tiny", "-e", "tailnumber=N66")
    assert done.returncode == 1 and "has no tailnumber" in done.stderr
    assert files_with(home, place.log, PERSON, *mine) == []


def test_nothing_is_erased_of_a_capstone_that_never_ran_and_no_store_is_made(place, home):
    done = capstan(place, "erase", "anomaly", "-e", "stream=art_daily_jumpsup", "--json", CAPSTAN_CAPSTONES="")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) | {"files": 0} == {
        **{"capstone": "anomaly", "entity": {"stream": "art_daily_jumpsup"}},
        **{"predictions": 0, "labels": 0, "files": 0, "features": []},
    }
    assert not (home / "feast" / "anomaly").exists()


def files_with(home: Path, log: Path, *texts: str) -> list[Path]:
    """Return the files of a state folder, and the server's log, that hold a text: as bytes, or in parquet's columns."""
    having = []
    for path in [log, *(path for path in home.rglob("*") if path.is_file())]:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(pq.read_table(path).to_pylist()).encode()
        having += [path] if any(text.encode() in content for text in texts) else []
    return having
