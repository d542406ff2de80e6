"""The code has what the record chose, and the record is what the command measures."""

import numpy as np
import pytest

from models.anomaly.nab_scoring import scaled
from pipelines.anomaly import chosen, tune
from pipelines.anomaly.detector import SETTING
from pipelines.anomaly.nab.labels import judged
from pipelines.anomaly.streams import scores


def test_constants_are_those_of_the_record():
    record = tune.record()
    assert len(record) == 5 * len(chosen.settings()) and tune.best(record) == chosen.named(SETTING)


def test_record_is_what_the_command_measures(tables):
    labels = judged(tables["points"], tables["windows"])
    table = chosen.totals(labels, scores(tables["points"]))[np.newaxis]
    made = scaled(float(chosen.out_of_fold(table, list(labels), 0).sum()), 116)
    record = tune.record().set_index(["setting", "seed"])
    assert made == pytest.approx(record.loc[(chosen.named(SETTING), 0), "nab"], abs=2e-3)
