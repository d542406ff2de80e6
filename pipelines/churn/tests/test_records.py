"""The code has what the records chose, and the records are what the commands measure."""

import pytest

from pipelines.churn import boosting, rivals, splines, tune


def test_constants_are_those_of_the_record():
    record = tune.record()
    assert len(record) == 5 * sum(len(tune.trials(family)) for family in tune.GRIDS)
    assert tune.best(record, "splines") == {
        "knots": splines.KNOTS, "strength": splines.STRENGTH, "extended": splines.EXTENDED,
    }  # fmt: skip
    assert tune.best(record, "boosting") == {
        "leaves": boosting.LEAVES, "rounds": boosting.ROUNDS, "extended": boosting.EXTENDED,
    }  # fmt: skip
    assert tune.best(record, "forest") == {"smallest": rivals.Forest().smallest}


def test_the_mean_of_both_has_hardly_more_than_the_splines():
    """The simplest family is served that is within 0.001 of the best."""
    record = tune.record()
    means = record.groupby(["family", "setting"])["roc_auc"].mean()
    served = means["splines"].max()
    assert means.max() - served < tune.CLOSE and means["boosting"].max() < served


def test_record_is_what_the_command_measures(parts):
    setting = tune.trials("splines")[0]
    made = tune.area(parts[0]["customers"], "splines", setting, 0)
    record = tune.record().set_index(["family", "setting", "seed"])
    assert made == pytest.approx(record.loc[("splines", tune.name(setting), 0), "roc_auc"], abs=1e-6)
