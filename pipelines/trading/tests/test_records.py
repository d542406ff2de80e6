"""The code has what the record of trials chose, the record is what the command measures, and the README says it."""

import pytest

from models import study, tuning
from pipelines.trading import compare, report, task, trials
from pipelines.trading.allocations import ALLOCATIONS
from pipelines.trading.variants import CHOSEN, FAMILIES, SPREAD, TRIALS
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def record():
    return study.read(trials.FOLDER / "trials.json")


@pytest.fixture(scope="module")
def measured():
    return study.read(compare.FOLDER / "compare.json").set_index(["part", "case"]).sort_index()


def test_settings_are_those_of_the_record(record):
    for family in FAMILIES:
        if family != "portfolio":
            assert FAMILIES.kind(family)(**FAMILIES.best(record, family)) == CHOSEN[family]
    assert set(CHOSEN) == {*FAMILIES} - {"portfolio"} | set(ALLOCATIONS)


def test_every_trial_is_counted(record):
    assert len(record) == TRIALS == sum(len(FAMILIES.trials(family)) for family in FAMILIES)
    assert trials.spread(record) == pytest.approx(SPREAD, abs=5e-6)


@pytest.mark.parametrize("family", ["momentum", "crossover"])
def test_record_is_what_the_command_measures(record, family):
    setting = FAMILIES.best(record, family)
    made = trials.measured(family, setting, trials.until(DATA_DIR))
    line = record.set_index(["family", "setting"]).loc[(family, tuning.name(setting))]
    assert {name: pytest.approx(line[name], abs=1e-9) for name in made} == made


def test_test_years_have_no_part_in_the_choice():
    assert trials.UNTIL < task.TEST_FROM <= compare.PARTS["test"][0]
    assert f"{trials.until(DATA_DIR).closes.index.max():%Y-%m-%d}" == "2014-12-31"


def test_what_the_readme_claims_is_in_the_record(measured):
    """No strategy beats holding, and the one that is served is the one that loses least."""
    test = measured.loc["test"]
    assert set(test.index) == {*CHOSEN, report.HOLDING}
    assert not ((test["more_low"] > 0) | (test["more_sharpe_low"] > 0)).any()
    more = test[test["more"] > 0].index
    assert set(more) == {"momentum", "Q-learning", "policy gradient", "mean-variance"}
    assert set(test[test["more_high"] < 0].index) == {"crossover", "pairs", "minimum variance", "risk parity"}
    assert -test.loc["equal weights", "more_sharpe_low"] < task.THRESHOLDS["sharpe_lost"].limit
    refused = test.index[-test["more_sharpe_low"] > task.THRESHOLDS["sharpe_lost"].limit]
    assert set(refused) == {*CHOSEN} - {"equal weights", "Q-learning", "policy gradient"}
    assert (measured.loc["overfitting", "white"] > 0.5).all()
