"""What the README says was measured, and what is served is what was chosen."""

import json
from pathlib import Path

import pandas as pd
import pytest

from models import study
from pipelines.flight_delay import compare, task, tune

HERE = Path(compare.__file__).parent


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study.read(HERE / "compare.json")


def test_readme_has_the_tables_of_what_was_measured(table):
    readme = (HERE / "README.md").read_text()
    for part in compare.tables(table).split("\n\n"):
        assert part in readme
    assert tune.tables(study.read(HERE / "tune.json")) in readme


def test_settings_are_those_that_were_best_on_other_months():
    chosen = tune.best(json.loads((HERE / "tune.json").read_text()))
    assert {name: task.PARAMETERS[name] for name in chosen} == chosen


def test_months_of_the_choice_are_none_of_the_test():
    tuned = [pd.Interval(*map(pd.Timestamp, month), closed="left") for month in tune.MONTHS.values()]
    tested = [pd.Interval(*map(pd.Timestamp, split[1:]), closed="left") for split in compare.SPLITS.values()]
    assert not any(one.overlaps(other) for one in tuned for other in tested)


def test_model_ranks_better_than_each_other_on_each_split_by_days(table):
    methods = table[table["kind"] == "method"]
    ours = methods[methods["case"] == compare.OURS]
    first = ours[ours["split"] == next(iter(compare.SPLITS))]
    assert len(first) == 5 and first["roc_auc"].median() >= 0.77
    others = methods[(methods["case"] != compare.OURS) & (methods["case"] != compare.DEFAULTS)]
    assert (others["worse_low"] > 0).all()
