"""A row of a table is answered, or refused, as the same row in a request to the endpoint is."""

import base64
import csv
import gzip
import json
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from serving.batch import run
from serving.batch.output import Output
from tests.small_capstones.contract.kinds.task import Request

pytestmark = pytest.mark.rotating
# By field: what a cell of CSV says, and the same in JSON.
CELLS = {
    "x": {
        "1.5": "1.5", "-0": "-0", "1e3": "1e3", "9007199254740993": "9007199254740993", "1e400": "1e400",
        "123456789012345678901234567890": "123456789012345678901234567890", "NaN": "NaN", "inf": "Infinity",
        "abc": '"abc"', "": "null",
    },
    "y": {"2": "2", "NaN": "NaN", "-Infinity": "-Infinity", "": "null"},
    "n": {"2": "2", "1.5": "1.5", "NaN": "NaN", "9223372036854775807": "9223372036854775807",
          "9223372036854775808": "9223372036854775808", "": "null"},
    "name": {"a": '"a"', "5\" pipe": '"5\\" pipe"', "é, 漢": '"é, 漢"', "two\nlines": '"two\\nlines"', "1.0": '"1.0"'},
    "flag": {"true": "true", "false": "false", "yes": '"yes"', "1": "1"},
    "plan": {"pro": '"pro"', "gold": '"gold"'},
    "when": {"2026-01-31T08:00:00Z": '"2026-01-31T08:00:00Z"', "2026-01-31": '"2026-01-31"', "5": '"5"'},
    "day": {"2026-01-31": '"2026-01-31"', "2026-02-31": '"2026-02-31"'},
    "words": {'["a", "b"]': '["a", "b"]', "a": '"a"'},
    "nums": {"[1, 2.5]": "[1, 2.5]", "[1e400]": "[1e400]"},
    "file": {"aGVsbG8=": '"aGVsbG8="', "???": '"???"', "": "null"},
}  # fmt: skip
ROWS = [(field, cell, text) for field, cells in CELLS.items() for cell, text in cells.items()]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(server, mlflow):
    """The endpoint with `kinds`, and the settings of this process pointing to its registry."""
    version = mlflow.register("kinds")
    mlflow.roles("kinds", champion=version)
    assert server.load("kinds").status_code == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPSTAN_TRACKING_URI", mlflow.url)
        settings.cache_clear()
        assert version == "1"
        yield server
    settings.cache_clear()
    mlflow.roles("kinds")
    server.load("kinds")


@pytest.fixture
def score(served, tmp_path):
    """Score a file or folder; return what arrived by its place, why the others were refused, and what was done."""

    def score_(source: Path, *keep: str) -> tuple[dict[int, str], dict[int, str], dict]:
        output = tmp_path / "out" / source.name
        shutil.rmtree(output, ignore_errors=True)
        done = run.score("kinds", str(source), str(output), "1", keep, workers=0)
        answered = pd.concat([pd.read_parquet(part) for part in sorted(output.glob("part-*"))])
        lines = [line for part in output.glob("_refused/*") for line in part.read_text().splitlines()]
        reasons = {row.get("line", row.get("row")): row["reason"] for row in map(json.loads, lines)}
        assert (len(answered), len(reasons)) == (done["answered"], done["refused"])
        return dict(zip(answered["ident"], answered["arrived"], strict=True)), reasons, done

    return score_


def asked(served, ident: int, field: str, text: str) -> str | None:
    """Return what arrived at the endpoint, or None where it refused."""
    row = f'{{"ident": {ident}, "x": 1.5, "{field}": {text}}}'
    reply = served.client.post("/v1/models/kinds:predict", content=f'{{"instances": [{row}]}}')
    assert reply.status_code in (200, 400), reply.text
    return reply.json()["predictions"][0]["arrived"] if reply.status_code == 200 else None


def test_rows_of_csv_and_json_lines_are_answered_as_those_of_a_request(served, score, tmp_path):
    expected = {i: asked(served, i, field, text) for i, (field, _, text) in enumerate(ROWS)}
    assert 15 < sum(answer is None for answer in expected.values()) < len(ROWS) - 15
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(Request.model_fields))
        writer.writeheader()
        writer.writerows({"ident": i, "x": 1.5, field: cell} for i, (field, cell, _) in enumerate(ROWS))
    lines = (f'{{"ident": {i}, "x": 1.5, "{field}": {text}}}\n' for i, (field, _, text) in enumerate(ROWS))
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    for name in ("rows.csv", "rows.jsonl"):
        answered, _, _ = score(tmp_path / name)
        assert {i: answered.get(i) for i in expected} == expected


@pytest.mark.parametrize(
    ("field", "values", "text"),
    [
        ("when", pa.array([NOON], pa.timestamp("ns", "UTC")), f'"{NOON.isoformat()}"'),
        ("x", pa.array([Decimal("2.50")]), "2.5"),
        ("n", pa.array([Decimal("7.00")]), "7"),
        ("n", pa.array([7.0]), "7"),
        ("n", pa.array([7.5]), "7.5"),
        ("n", pa.array([np.nan]), "NaN"),
        ("y", pa.array([np.inf]), "Infinity"),
        ("x", pa.array([1.5], pa.float32()), "1.5"),
        ("nums", pa.array([[1.0, np.nan]]), "[1.0, NaN]"),
        ("name", pa.array(["a"], pa.string_view()), '"a"'),
        ("name", pa.array(["a"], pa.large_string()), '"a"'),
        ("name", pa.array(["a"]).dictionary_encode(), '"a"'),
        ("words", pa.array([["a"]], pa.large_list(pa.large_string())), '["a"]'),
        ("file", pa.array([b"hello"], pa.large_binary()), '"aGVsbG8="'),
        ("file", pa.array([b"hello"], pa.binary(5)), '"aGVsbG8="'),
        ("file", pa.array([b"hello"], pa.binary_view()), '"aGVsbG8="'),
        ("file", pa.array([None], pa.binary()), "null"),
        ("day", pa.array([NOON.date()], pa.date64()), '"2026-01-31"'),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_rows_of_parquet_are_answered_as_those_of_a_request(served, score, tmp_path, field, values, text):
    table = pa.table({"ident": [1], "x": [1.5]} | {field: values})
    pq.write_table(table, tmp_path / "rows.parquet", store_schema=True)
    answered, _, _ = score(tmp_path / "rows.parquet")
    assert answered.get(1) == asked(served, 1, field, text)


def test_instants_as_spark_writes_them(served, score, tmp_path):
    table = pa.table({"ident": [1], "x": [1.5], "when": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "rows.parquet", use_deprecated_int96_timestamps=True)
    answered, _, _ = score(tmp_path / "rows.parquet")
    assert answered[1] == asked(served, 1, "when", '"2026-01-31T12:00:00Z"')


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("blank.csv", "ident,x,name\n\n1,1.5,a\n\n2,2.5,b\n\n"),
        ("index.csv", ",ident,x,name\n0,1,1.5,a\n1,2,2.5,b\n"),
        ("floats.csv", "ident,x,name\n1.0,1.5,a\n2.0,2.5,b\n"),
        ("excel.csv", "ident;x;name\r\n1;1,5;a\r\n2;2,5;b\r\n"),
        ("stated.csv", "sep=;\r\nident;x;name\r\n1;1,5;a\r\n2;2,5;b\r\n"),
        ("mac.csv", "ident,x,name\r1,1.5,a\r2,2.5,b\r"),
        ("tabs.TSV", "ident\tx\tname\n1\t1.5\ta\n2\t2.5\tb\n"),
        ("mark.csv", "\ufeffident,x,name\n1,1.5,a\n2,2.5,b"),
        ("mark.jsonl", '\ufeff{"ident":1,"x":1.5,"name":"a"}\n\n{"ident":2,"x":2.5,"name":"b"}\n'),
        ("packed.csv.gz", "ident,x,name\n1,1.5,a\n2,2.5,b\n"),
        ("packed.ndjson.GZ", '{"ident":1,"x":1.5,"name":"a"}\n{"ident":2,"x":2.5,"name":"b"}\n'),
    ],
    ids=lambda text: text[:12],
)
def test_texts_as_pandas_and_excel_write_them(served, score, tmp_path, name, content):
    raw = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.lower().endswith("gz") else raw)
    answered, refused, done = score(tmp_path / name)
    assert not refused
    assert answered[1] == asked(served, 1, "name", '"a"') and answered[2].startswith("(2, 2.5, 'b'")
    assert done["left out"]["columns"] == ([""] if name == "index.csv" else [])


def test_a_frame_with_its_index(served, score, tmp_path):
    frame = pd.DataFrame({"ident": [1, 2], "x": [1.5, 2.5], "n": [None, 3]}, index=[7, 8])  # n: floats
    frame.to_parquet(tmp_path / "rows.parquet", index=True)
    answered, refused, done = score(tmp_path / "rows.parquet")
    assert not refused and done["left out"]["columns"] == ["__index_level_0__"]
    assert answered[1] == asked(served, 1, "n", "null")
    assert pd.read_parquet(tmp_path / "out/rows.parquet")["n"].tolist()[1] == 3


def test_rows_fail_alone_with_their_line(served, score, tmp_path):
    lines = [
        b"ident,x,name,n\n", b"1,1.5,a,1\n", b"2,1.5,caf\xe9,1\n", b"3,1.5\n", b'4,1.5,"open,1\n', b"5,1.5,b,NaN\n",
        b'6,1.5,"two\nlines",1\n', b"7,1.5," + b"a" * 200_000 + b",1\n", b'8,1.5,"a"b,1\n', b"9,1.5,c,1\n",
    ]  # fmt: skip
    (tmp_path / "rows.csv").write_bytes(b"".join(lines))
    answered, refused, _ = score(tmp_path / "rows.csv")
    assert list(answered) == [1, 6, 7, 9] and "'two\\nlines'" in answered[6] and "a" * 200_000 in answered[7]
    assert list(refused) == [3, 4, 5, 6, 10]
    assert refused[3] == "name: it is no UTF-8" and "2 cells; the header has 4" in refused[4]
    assert "no CSV" in refused[5] and refused[6].startswith("n: ") and "no CSV" in refused[10]
    (tmp_path / "rows.jsonl").write_text('{"ident":1,"x":1.5}\n"hello"\n{"ident":\n[]\n')
    answered, refused, _ = score(tmp_path / "rows.jsonl")
    assert list(answered) == [1] and "no JSON" in refused[3]
    assert "should be an object (got 'hello')" in refused[2] and "should be an object" in refused[4]
    raw = pa.array([b"a", b"\xff"]).cast(pa.binary())
    names = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    pq.write_table(pa.table({"ident": [1, 2], "x": [1.5, 2.5], "name": names}), tmp_path / "rows.parquet")
    answered, refused, _ = score(tmp_path / "rows.parquet")
    assert list(answered) == [1] and refused[1].startswith("name: it is no UTF-8")


def test_what_was_validated_is_written_and_what_is_kept_as_it_was(served, score, tmp_path):
    (tmp_path / "rows.csv").write_text("mine,ident,x,flag\n007,1.0,9007199254740993,TRUE\n")
    score(tmp_path / "rows.csv", "mine")
    row = pd.read_parquet(tmp_path / "out/rows.csv").iloc[0]
    assert (row["mine"], row["ident"], row["x"], row["flag"], row["plan"]) == ("007", 1, 2.0**53, True, "basic")


def test_a_folder_states_columns_and_a_file_wins(served, score, tmp_path):
    folder = tmp_path / "rows" / "name=z%C3%B6e" / "n=7" / "other=1"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"ident": [1], "x": [1.5]}), folder / "a.parquet")
    pq.write_table(pa.table({"ident": [2], "x": [1.5], "name": ["mine"]}), folder / "b.PARQUET")
    (folder / "c.csv").write_text("ident,x\n3,1.5\n")
    for name in ("_SUCCESS", ".d.parquet", "._e.parquet"):
        (folder / name).write_text("no table")
    for name in ("_temporary", ".ipynb_checkpoints"):
        (tmp_path / "rows" / name).mkdir()
        (tmp_path / "rows" / name / "f.csv").write_text("ident,x\n4,1.5\n")
    answered, refused, _ = score(tmp_path / "rows")
    assert not refused and {i: text.split(", ")[2] for i, text in answered.items()} == {
        1: "'zöe'",
        2: "'mine'",
        3: "'zöe'",
    }
    assert all(text.split(", ")[4] == "7" for text in answered.values())
    assert len(pd.read_parquet(tmp_path / "out/rows").dropna(subset="name")) == 3


def test_each_real_file_of_a_folder_is_read_once(served, score, tmp_path):
    folder, outside = tmp_path / "rows", tmp_path / "outside"
    (folder / "a").mkdir(parents=True)
    outside.mkdir()
    (folder / "a" / "one.csv").write_text("ident,x\n1,1.5\n")
    (folder / ".versions").mkdir()
    (folder / ".versions" / "two.csv").write_text("ident,x\n2,1.5\n")
    (outside / "three.csv").write_text("ident,x\n3,1.5\n")
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "again.csv").symlink_to(folder / "a" / "one.csv")
    (folder / "current").symlink_to(folder / ".versions")
    (folder / "away").symlink_to(outside)
    (folder / "nowhere.csv").symlink_to(folder / "missing.csv")
    answered, _, done = score(folder)
    assert sorted(answered) == [1, 2] and done["left out"]["links"] == 3


def test_files_and_pieces_without_rows(served, score, tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    pq.write_table(pa.table({"ident": pa.array([], "int64"), "x": pa.array([], "float64")}), folder / "a.parquet")
    (folder / "b.csv").write_text("ident,x\n")
    (folder / "c.jsonl").write_text("\n\n")
    assert score(folder)[2]["answered"] == 0
    (folder / "d.csv").write_text("ident,x\n1,1.5\n")
    (folder / "e.csv").write_text("")
    assert list(score(folder)[0]) == [1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"ident,x,x\n1,1.5,9\n", "columns are there twice: 'x'"),
        ("a.csv", b"ident,caf\xe9\n1,1\n", "is not UTF-8"),
        ("a.csv.gz", b"ident,x\n1,1.5\n", "no whole gzip file"),
        ("a.xlsx", b"PK", "is none of .parquet, .csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_anything_is_written(served, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CapstanError, match=message):
        run.score("kinds", str(tmp_path / name), str(tmp_path / "out"), "1", workers=0)
    assert not (tmp_path / "out").exists()


def test_columns_of_parquet_that_cannot_be_read_are_named(served, tmp_path):
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([1.5]), pa.array([9.9])], ["ident", "x", "x"])
    spans = pa.table({"ident": [1], "x": [1.5], "n": pa.array([1], pa.duration("s"))})
    for table, message in ((twice, "there twice: 'x'"), (spans, r"column n: duration\[s\] has no counterpart")):
        pq.write_table(table, tmp_path / "rows.parquet")
        with pytest.raises(CapstanError, match=message):
            run.score("kinds", str(tmp_path / "rows.parquet"), str(tmp_path / "out"), "1", workers=0)


def test_files_in_base64_may_be_large(served, score, tmp_path):
    large = base64.b64encode(b"a" * 300_000).decode()
    (tmp_path / "rows.csv").write_text(f"ident,x,file\n1,1.5,{large}\n")
    answered, _, _ = score(tmp_path / "rows.csv")
    assert len(answered[1]) > 300_000


def test_an_error_of_a_worker_is_one_sentence(served, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("ident,x\n1,1.5\n")
    (piece,), _ = run.found(str(source))
    source.unlink()
    with pytest.raises(CapstanError) as caught:
        list(run.counts([(0, piece)], ("kinds", "1", [], Output(str(tmp_path / "out")), NOON, ""), 1))
    assert "a.csv, from line 2 on: FileNotFoundError" in str(caught.value) and "\n" not in str(caught.value)
