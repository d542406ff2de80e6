"""The code has what the record chose, and the record is what the study measures."""

import pytest

from capstan.study import choices, find
from capstan.study.record import FILE, Record
from pipelines.pricing import demand, task
from pipelines.pricing.studies import boosting, known
from pipelines.pricing.studies.tune import study as tune
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def lines():
    return Record.of(find.folder("pricing", "tune") / FILE).frame()


@pytest.fixture
def data(monkeypatch):
    """The study reads the data of the tests."""
    weeks = known.weeks_of(DATA_DIR)
    monkeypatch.setattr(known, "parts", lambda: weeks)
    return weeks


def test_constants_are_those_of_the_record(lines):
    tried = tune.FAMILIES
    assert demand.Settings(**tried.best(lines, "demand")) == demand.CHOSEN
    assert tried.best(lines, "trees").items() <= boosting.TREES.items()


def test_record_is_what_the_study_measures(lines, data):
    setting = demand.CHOSEN._asdict()
    errors = tune.errors("demand", setting, 0)
    line = lines.set_index(["family", "setting", "seed"]).loc[("demand", choices.name(setting), 0)]
    assert errors["mae"] == pytest.approx(line["mae"], abs=1e-6)


def test_test_weeks_have_no_part_in_the_choice(data):
    for quarter in range(2):
        before, later = tune.parts(data[0], quarter)
        assert before[0].week.max() < later[0].week.min() and later[0].week.max() < task.TEST_FROM
