"""The code has what the record chose, and the record is what the command measures."""

import pandas as pd
import pytest

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.studies.tune import chosen
from pipelines.anomaly.studies.tune import study as tune


def record() -> pd.DataFrame:
    """Return the lines of the record."""
    return Record.of(find.folder("anomaly", "tune") / FILE).frame()


def test_constants_are_those_of_the_record():
    lines = record()
    assert len(lines) == len(chosen.settings()) and tune.best(lines) == chosen.named(SETTING)


def test_record_is_what_the_command_measures(tables):
    line = record().set_index("setting").loc[chosen.named(SETTING), ["nab", "others"]]
    assert tune.earned(tables["points"], tables["windows"], SETTING) == pytest.approx(line.to_dict(), abs=2e-3)
