"""A study keeps what it measured, and makes the tables of a README."""

import json

import pandas as pd
import pytest

from tests.benchmarks.lines import Study, markdown


@pytest.fixture
def file(tmp_path):
    return tmp_path / "new" / "compare.json"


def test_study_that_was_stopped_goes_on_where_it_was(file):
    Study(file, ["name", "seed"]).add({"name": "a", "seed": 0, "score": 0.5})
    study = Study(file, ["name", "seed"])
    assert study.has(name="a", seed=0) and not study.has(name="a", seed=1)
    study.add({"name": "a", "seed": 1, "score": 0.7})
    assert Study(file, ["name", "seed"]).table()["score"].tolist() == [0.5, 0.7]


def test_case_that_is_measured_again_keeps_its_place(file):
    study = Study(file, ["name"])
    study.add({"name": "a", "score": 1}, {"name": "b", "score": 2})
    study.add({"name": "a", "score": 3})
    assert json.loads(file.read_text()) == [{"name": "a", "score": 3}, {"name": "b", "score": 2}]


def test_study_that_cannot_be_written_keeps_the_file(file):
    study = Study(file, ["name"])
    study.add({"name": "a", "score": 1})
    with pytest.raises(TypeError):
        study.add({"name": "b", "score": object()})
    assert [line["name"] for line in json.loads(file.read_text())] == ["a"]


def test_line_without_its_case_is_an_error(file):
    with pytest.raises(KeyError, match="seed"):
        Study(file, ["name", "seed"]).add({"name": "a"})


def test_table_has_a_row_per_case_in_the_order_of_the_lines():
    table = pd.DataFrame([("b", 2, 0.5), ("a", 1, 0.25), ("b", 2, 0.7)], columns=["name", "k", "score"])
    columns = {"score": lambda lines: f"{lines['score'].mean():.2f}", "seeds": lambda lines: str(len(lines))}
    assert markdown(table, {"method": "name", "of": "k"}, columns).splitlines() == [
        "| method | of | score | seeds |",
        "| --- | --- | ---: | ---: |",
        "| b | 2 | 0.60 | 2 |",
        "| a | 1 | 0.25 | 1 |",
    ]
