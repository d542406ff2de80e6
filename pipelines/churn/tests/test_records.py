"""The code has what the records chose, and the records are what the commands measure."""

import pytest

from models import study, tuning
from pipelines.churn import boosting, rivals, splines, tune


def test_constants_are_those_of_the_record():
    record, tried = study.read(tune.FOLDER / "tune.json"), tune.FAMILIES
    assert len(record) == 5 * sum(len(tried.trials(family)) for family in tried)
    assert tried.best(record, "splines") == {
        "knots": splines.KNOTS, "strength": splines.STRENGTH, "extended": splines.EXTENDED,
    }  # fmt: skip
    assert tried.best(record, "boosting") == {
        "leaves": boosting.LEAVES, "rounds": boosting.ROUNDS, "extended": boosting.EXTENDED,
    }  # fmt: skip
    assert tried.best(record, "forest") == {"smallest": rivals.Forest().smallest}


def test_the_mean_of_both_has_hardly_more_than_the_splines():
    """The simplest family is served that is within 0.001 of the best."""
    record = study.read(tune.FOLDER / "tune.json")
    means = record.groupby(["family", "setting"])["roc_auc"].mean()
    served = means["splines"].max()
    assert means.max() - served < tune.CLOSE and means["boosting"].max() < served


def test_record_is_what_the_command_measures(parts):
    setting = tune.FAMILIES.trials("splines")[0]
    made = tune.area(parts[0]["customers"], "splines", setting, 0)
    record = study.read(tune.FOLDER / "tune.json").set_index(["family", "setting", "seed"])
    assert made == pytest.approx(record.loc[("splines", tuning.name(setting), 0), "roc_auc"], abs=1e-6)
