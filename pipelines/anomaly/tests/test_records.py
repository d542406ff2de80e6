"""The code has what the record chose, and the record is what the command measures."""

import numpy as np
import pandas as pd
import pytest

from capstan.study import find
from capstan.study.record import FILE, Record
from models.anomaly.nab_scoring import scaled
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.labels import judged
from pipelines.anomaly.streams import scores
from pipelines.anomaly.studies.tune import chosen
from pipelines.anomaly.studies.tune import study as tune


def record() -> pd.DataFrame:
    """Return the lines of the record."""
    return Record.of(find.folder("anomaly", "tune") / FILE).frame()


def test_constants_are_those_of_the_record():
    lines = record()
    assert len(lines) == 5 * len(chosen.settings()) and tune.best(lines) == chosen.named(SETTING)


def test_record_is_what_the_command_measures(tables):
    labels = judged(tables["points"], tables["windows"])
    table = chosen.totals(labels, scores(tables["points"]))[np.newaxis]
    made = scaled(float(chosen.out_of_fold(table, list(labels), 0).sum()), 116)
    lines = record().set_index(["setting", "seed"])
    assert made == pytest.approx(lines.loc[(chosen.named(SETTING), 0), "nab"], abs=2e-3)
