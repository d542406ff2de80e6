"""The engines and their labels, and what a log must be."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError
from pipelines.maintenance import data, log, task
from pipelines.maintenance.columns import SUBSETS
from pipelines.maintenance.example import EXAMPLE
from tests.support.data import DATA_DIR

LINES = EXAMPLE.splitlines()


def test_the_cycles_keep_their_contract(one):
    rows = pd.concat([part["cycles"].assign(split=name) for part, name in zip(one, ("train", "test"), strict=True)])
    task.contracts()["cycles"].validate(rows)


def test_the_engines_are_nasas(tables):
    assert task.count(tables) == {"cycles": 265_256, "train": 709, "test": 707}


def test_labels_are_the_cycles_until_the_failure(one, held):
    past = data.engines(one[0]["cycles"])
    assert all(engine.left.tolist() == list(range(len(engine.left) - 1, -1, -1)) for engine in past)
    lives = pd.read_parquet(data.find(DATA_DIR)[1]).query("subset == 'FD001'")["rul"]
    assert [engine.left[-1] for engine in held] == lives.tolist()
    assert all((np.diff(engine.left) == -1).all() for engine in held)


def test_nasas_archive_is_read_as_the_parquet_files_are(tables, tmp_path):
    raw, lives = (pd.read_parquet(path) for path in data.find(DATA_DIR))
    inner = tmp_path / "CMAPSSData.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        for subset in SUBSETS:
            for split in ("train", "test"):
                own = raw.query("subset == @subset and split == @split and unit <= 2")[data.COLUMNS]
                archive.writestr(f"{split}_{subset}.txt", own.to_csv(sep=" ", header=False, index=False))
            left = lives.query("subset == @subset and unit <= 2")["rul"]
            archive.writestr(f"RUL_{subset}.txt", left.to_csv(header=False, index=False))
    (tmp_path / "cmapss").mkdir()
    with zipfile.ZipFile(tmp_path / data.ZIP, "w") as outer:
        outer.write(inner, "6. Turbofan Engine Degradation Simulation Data Set/CMAPSSData.zip")
    keys = ["subset", "split", "unit", "cycle"]
    expected = tables["cycles"].query("unit <= 2").sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(task.load(tmp_path)["cycles"].sort_values(keys, ignore_index=True), expected)


def test_file_without_a_column_is_named(tmp_path):
    cycles, lives = (pd.read_parquet(path) for path in data.find(DATA_DIR))
    (tmp_path / "cmapss").mkdir()
    cycles.head(9).drop(columns="s11").to_parquet(tmp_path / data.CYCLES)
    lives.to_parquet(tmp_path / data.LIVES)
    with pytest.raises(CapstanError, match="lacks the columns s11"):
        task.load(tmp_path)


def test_log_holds_what_the_engine_has(held):
    engine = held[4]
    [read] = log.parse(log.written(engine, 5))
    assert read.name == "5" and read.cycle.tolist() == engine.cycle[-log.WINDOW :].tolist()
    assert np.array_equal(read.sensors, engine.sensors[-log.WINDOW :])
    assert np.array_equal(read.settings, engine.settings[-log.WINDOW :])


def test_commas_and_blank_lines_are_read():
    [read], [same] = (log.parse(text) for text in (EXAMPLE, EXAMPLE.replace(" ", ", ").replace("\n", "\n\n")))
    assert np.array_equal(read.sensors, same.sensors) and len(read.cycle) == 31


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "at least 1 character"),
        ([" "], "empty"),
        (["FD001-1"], "line 1: 1 values; 26 are needed"),
        ([LINES[0].replace("518.67", "cold")], "line 1: a value is no number"),
        ([LINES[0].replace("518.67", "nan")], "line 1: s1 is nan"),
        ([LINES[0].replace("518.67", "1e300")], "line 1: s1 is 1e"),
        ([LINES[0].replace("1 1 ", "1.5 1 ", 1)], "whole numbers"),
        ([LINES[0].replace("1 1 ", "1 inf ", 1)], "whole numbers"),
        (LINES[:18], "engine 1 has 18 cycles"),
        (LINES[5:], "Send its last"),
        (LINES[:20] + LINES[22:], "cycle 23 of engine 1 follows cycle 20"),
        (LINES[::-1], "oldest first"),
        ([line.replace("1 ", f"{unit} ", 1) for unit in range(1, 22) for line in LINES], "21 engines; 20 are the most"),
        (LINES * 130, "4030 lines; 4000 are the most"),
        (["x" * 800_001], "at most 800000"),
    ],
)
def test_log_that_is_wrong_names_the_line_and_what_is_needed(lines, said):
    with pytest.raises(ValidationError) as error:
        task.Request(log="\n".join(lines))
    [problem] = error.value.errors()
    assert problem["loc"] == ("log",) and said in problem["msg"]


@pytest.mark.parametrize(
    ("field", "value"), [("log", 7), ("hangar", 0), ("hangar", 1.5), ("failure_cost", 0.5), ("subset", "FD001")]
)
def test_other_fields_that_are_wrong_are_named(field, value):
    with pytest.raises(ValidationError) as error:
        task.Request(**{"log": EXAMPLE} | {field: value})
    assert {problem["loc"] for problem in error.value.errors()} == {(field,)}
