"""The code has what the record chose, the record is what the command measures, and the README says what was found."""

import numpy as np
import pytest

from models import study, tuning
from pipelines.pricing import compare, demand, rivals, simulator, tune
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def record():
    return study.read(tune.FOLDER / "tune.json")


def test_constants_are_those_of_the_record(record):
    tried = tune.FAMILIES
    assert len(record) == 2 * sum(len(tried.trials(family)) for family in tried)
    assert demand.Settings(**tried.best(record, "demand")) == demand.CHOSEN
    assert tried.best(record, "trees").items() <= rivals.TREES.items()


def test_record_is_what_the_command_measures(record):
    past, test = tune.parts(compare.weeks_of(DATA_DIR)[0], 0)
    setting = demand.CHOSEN._asdict()
    made = tune.measured("demand", setting, past, test, lambda waves: demand.fit(*past, demand.Settings(waves=waves)))
    line = record.set_index(["family", "setting", "seed"]).loc[("demand", tuning.name(setting), 0)]
    assert made["mae"] == pytest.approx(line["mae"], abs=1e-6)


def test_test_weeks_have_no_part_in_the_choice():
    past = compare.weeks_of(DATA_DIR)[0]
    for quarter in range(2):
        before, later = tune.parts(past, quarter)
        assert before[0].week.max() < later[0].week.min() and later[0].week.max() < compare.task.TEST_FROM


def test_what_the_readme_claims_is_in_the_record():
    results = study.read(compare.FOLDER / "compare.json").set_index(["part", "case"]).sort_index()
    served = results.loc[("test", compare.SERVED)].iloc[0]
    assert served["mae_more_high"] < 0 and served["mae_moved_more_high"] < 0
    search = results.loc[("search", "search")].iloc[0]
    assert search["missed"] == 0 and search["most_ms"] < 200
    worlds = study.read(simulator.FOLDER / "simulator.json")
    assert set(worlds["policy"]) == set(simulator.POLICIES) and np.isfinite(worlds["gain"]).all()
