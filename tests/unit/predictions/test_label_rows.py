"""Files of labels, as spreadsheets and scripts write them: every row is read, or named with its problem."""

import json

import pytest

from capstan.errors import CapstanError
from predictions.label_rows import Line, read
from tests.support import capstones_of_tests as capstones


@pytest.fixture
def rows(tmp_path):
    def read_rows(name: str, content: str | bytes, capstone: str = "tiny") -> list[Line]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with capstones.in_catalogue():
            return list(read(path, capstones.task(capstone)))

    return read_rows


def labels(lines: list[Line]) -> list:
    return [line.row.get("label") for line in lines]


def test_spreadsheets_write_booleans_in_capitals(rows):
    lines = rows("a.csv", "prediction_id,label,correct\na,TRUE,FALSE\nb,true,\nc,False,True\nTRUE,yes,\n")
    assert labels(lines) == [True, True, False, "yes"]  # the endpoint says what it expects
    assert [line.row.get("correct") for line in lines] == [False, None, True, None]
    assert lines[3].row["prediction_id"] == "TRUE"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_blank_lines_are_left_out(rows, name, end):
    lines = ["prediction_id,label", "a,true", "", "b,false"]
    if name == "a.jsonl":
        lines = ['{"prediction_id": "a", "label": true}', "", "", '{"prediction_id": "b", "label": false}']
    read_lines = rows(name, "\ufeff" + end.join(lines) + end + end)
    assert [line.row for line in read_lines] == [
        {"prediction_id": "a", "label": True},
        {"prediction_id": "b", "label": False},
    ]
    assert [line.number for line in read_lines][-1] == 4


def test_a_quote_that_is_not_closed_takes_no_other_line_along(rows):
    good = "".join(f"{n},true\n" for n in range(2000))
    content = f'prediction_id,label\n"a,true\n{good}"{"x" * 200_000},true\n"b\nc",false\n"d,true\n'
    lines = rows("a.csv", content)
    assert [line.number for line in lines if line.problem] == [2, 2003, 2006]
    assert labels([line for line in lines if not line.problem]) == [True] * 2000 + [False]
    assert lines[-2].row["prediction_id"] == "b\nc" and lines[-2].number == 2004


def test_empty_columns_at_the_end_may_be_there_or_not(rows):
    lines = rows("a.csv", "prediction_id,label,known_at,,\na,true,,,\nb,true\n,,,,\nc,true,,,,\n")
    assert [(line.number, line.row.get("prediction_id")) for line in lines] == [(2, "a"), (3, "b"), (5, None)]
    assert lines[-1].problem == "It has 6 fields, the header 5."


@pytest.mark.parametrize(
    "label",
    ["Infinity", "-1e999", "[NaN]", '"\\ud800"', str(2**70), "[" * 100_000, '{"a":1,"a":2}'],
    ids=["infinity", "beyond floats", "NaN", "surrogate", "beyond 64 bits", "nested", "twice"],
)
def test_what_json_does_not_know_is_a_problem_of_its_row(rows, label):
    good = '{"prediction_id": "b", "label": true}\n'
    lines = rows("a.jsonl", f'{good}{{"prediction_id": "a", "label": {label}}}\n{good}')
    assert [bool(line.problem) for line in lines] == [False, True, False]
    assert lines[1].place.endswith("a.jsonl, line 2")


def test_the_prediction_is_named_by_its_id_or_by_its_entity(rows):
    by_entity = {"entity": {"carrier": "AA"}, "time": "2013-08-01T12:00:00Z", "label": True}
    first, second, third = rows("a.jsonl", f'{{"prediction_id": "x", "label": 1e999}}\n{json.dumps(by_entity)}\n"x"\n')
    assert first.about == ", prediction 'x'" and third.about == ""
    assert second.about == ", prediction of {'carrier': 'AA'} at '2013-08-01T12:00:00Z'"


@pytest.mark.parametrize(
    "header", ["prediction_id,label,label", "label,carrier,carrier", "prediction_id", "a|label", ""]
)
def test_a_column_that_is_there_twice_or_no_label_refuses_the_file(rows, header):
    with pytest.raises(CapstanError, match=r"a.csv cannot be read: (its columns are there twice|it has no column)"):
        rows("a.csv", f"{header}\nx,true,false\n")


def test_the_columns_of_parquet_are_there_once(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_arrays(
        [pa.array(["x"]), pa.array([True]), pa.array([False])], ["prediction_id", *["label"] * 2]
    )
    pq.write_table(table, tmp_path / "a.parquet")
    with capstones.in_catalogue(), pytest.raises(CapstanError, match="there twice: 'label'"):
        list(read(tmp_path / "a.parquet", capstones.task("tiny")))
