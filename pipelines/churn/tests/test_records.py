"""The code has what the records chose, and the records are what the commands measure."""

import pandas as pd
import pytest

from capstan.study import choices, find
from capstan.study.record import FILE, Record
from pipelines.churn import boosting, splines
from pipelines.churn.studies.tune import study as tune
from pipelines.churn.studies.tune.forest import Forest


def lines() -> pd.DataFrame:
    """Return the lines of the record."""
    return Record.of(find.folder("churn", "tune") / FILE).frame()


def test_constants_are_those_of_the_record():
    record, tried = lines(), tune.FAMILIES
    assert len(record) == 5 * sum(len(tried.trials(family)) for family in tried)
    assert tried.best(record, "splines") == {
        "knots": splines.KNOTS, "strength": splines.STRENGTH,
    }  # fmt: skip
    assert tried.best(record, "boosting") == {
        "leaves": boosting.LEAVES, "rounds": boosting.ROUNDS,
    }  # fmt: skip
    assert tried.best(record, "forest") == {"smallest": Forest().smallest}


def test_the_splines_are_the_simplest_family_that_is_near_the_best():
    """Within 0.001."""
    record = lines()
    means = record.groupby(["family", "setting"])["roc_auc"].mean()
    served = means["splines"].max()
    assert means.max() - served < tune.CLOSE


def test_record_is_what_the_command_measures(parts):
    setting = tune.FAMILIES.trials("splines")[0]
    area = tune.area(parts[0]["customers"], "splines", setting, 0)
    record = lines().set_index(["family", "setting", "seed"])
    assert area == pytest.approx(record.loc[("splines", choices.name(setting), 0), "roc_auc"], abs=1e-6)
