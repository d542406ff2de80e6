"""Leaks that are planted: engines on both sides, the answer in a column, labels of the engines to test on."""

from functools import partial

import numpy as np
import pytest

from capstan.errors import CapstanError
from pipelines.maintenance import data, task, training
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import SENSORS, USED


def test_no_cycle_to_test_on_is_one_to_learn_from(parts):
    past, test = (part["cycles"][USED].drop_duplicates() for part in parts)
    assert len(past.merge(test, on=USED)) == 0


def test_an_engine_is_predicted_by_models_that_do_not_know_its_label(one):
    """Other labels of a fold change the predictions of all others, and none of its own."""
    engines = data.engines(one[0]["cycles"])[:30]
    features, left = [own.sensors for own in engines], [own.left for own in engines]
    cuts = training.cuts([len(own) for own in left], seed=0)
    own = training.folds(len(engines), seed=0) == 0
    planted = [np.zeros_like(values) if mine else values for values, mine in zip(left, own, strict=True)]
    predictions, again = (
        training.out_of_fold(features, labels, cuts, partial(Boosting, rounds=5), seed=0) for labels in (left, planted)
    )
    assert np.array_equal(predictions[own], again[own]) and (predictions[~own] > again[~own]).all()


def test_the_answer_in_another_column_has_no_effect(one, held):
    rows = one[0]["cycles"].query("unit <= 30")
    planted = rows.assign(failed=rows["left"] == 0, **dict.fromkeys(set(SENSORS) - set(USED), rows["left"]))
    models = [task.train({"cycles": own}, rounds=10) for own in (rows, planted)]
    predictions = [model.outlook(np.array([model.state.features(own)[-1] for own in held])).left for model in models]
    assert np.array_equal(*predictions)


def test_labels_of_the_engines_to_test_on_have_no_effect(quick, one):
    test = one[1]["cycles"]
    before, after = (
        [quick.state.features(own)[-1] for own in data.engines(rows)] for rows in (test, test.assign(left=0.0))
    )
    assert np.array_equal(before, after)


def test_too_few_engines_are_refused(one):
    with pytest.raises(CapstanError, match="19 engines to learn from; 20 are the fewest"):
        task.train({"cycles": one[0]["cycles"].query("unit <= 19")})


def test_unknown_data_set_is_named(one):
    with pytest.raises(CapstanError, match=r"There is no data set FD009\. There are: FD001"):
        task.train(one[0], subsets="FD001 FD009")


def test_engine_that_lacks_cycles_is_named(one):
    with pytest.raises(CapstanError, match="Engine FD001-7 lacks cycles"):
        task.train({"cycles": one[0]["cycles"].query("unit < 30 and (unit != 7 or cycle != 50)")})
