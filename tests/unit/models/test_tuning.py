"""The settings that are tried, and which of them a study speaks for."""

import pandas as pd
import pytest

from models.study import Study
from models.tuning import Families, name

GRIDS = {"trees": (list, {"leaves": (2, 4), "rounds": (10, 20)}), "none": (dict, {})}
LOSSES = {
    "leaves 2, rounds 10": 0.52,
    "leaves 2, rounds 20": 0.5,
    "leaves 4, rounds 10": 0.49,
    "leaves 4, rounds 20": 0.6,
}


def measured(family, setting, seed):
    return {"loss": LOSSES.get(name(setting), 0.7) + (0.001 if seed else -0.001)}


@pytest.fixture
def study(tmp_path):
    made = Study(tmp_path / "tune.json", ["family", "setting", "seed"])
    Families(GRIDS, "loss").measure(made, 2, measured)
    return made


def test_each_setting_of_each_family_is_measured_once_with_each_seed(study):
    families, before = Families(GRIDS, "loss"), list(study.lines)
    assert [len(families.trials(family)) for family in families] == [4, 1]
    assert families.kind("trees") is list
    families.measure(study, 2, lambda *_: pytest.fail("it is there"))
    assert study.lines == before and len(before) == 2 * 5


@pytest.mark.parametrize(
    ("given", "best"),
    [
        ({"lowest": True}, {"leaves": 4, "rounds": 10}),
        ({"lowest": True, "close": 0.02}, {"leaves": 2, "rounds": 20}),
        ({}, {"leaves": 4, "rounds": 20}),
    ],
)
def test_the_first_that_is_close_to_the_best_is_taken(study, given, best):
    families, results = Families(GRIDS, "loss", **given), study.table()
    assert families.best(results, "trees") == best and families.best(results, "none") == {}
    table = families.table(results, {"loss": lambda rows: f"{rows['loss'].mean():.3f}"})
    assert f"| trees | {name(best)} | 4 | {LOSSES[name(best)]:.3f} |" in table
    assert "| none | no setting | 1 | 0.700 |" in table


def test_a_study_is_read_back(study):
    from models.study import read

    pd.testing.assert_frame_equal(read(study.file), study.table())
