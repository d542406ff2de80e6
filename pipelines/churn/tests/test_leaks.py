"""Leaks that are planted: a copy of a customer to test on, the answer in a column, and what a test could give away."""

import numpy as np
import pandas as pd
import pytest

from capstan.data.files import write_tables
from feature_repo.store import temporary_store
from pipelines.churn import task, training
from pipelines.churn.columns import INPUTS
from pipelines.churn.splines import Splines


def same(one: pd.DataFrame, other: pd.DataFrame) -> int:
    """Return how many customers of one equal one of the other in every input."""
    return len(one[INPUTS].merge(other[INPUTS].drop_duplicates(), on=INPUTS))


def test_copies_of_customers_to_test_on_are_not_trained_on(features, parts):
    past, test = (part["customers"] for part in parts)
    assert same(past, test) == 0 and 0 < len(features["training_set"]) - len(past) - len(test) < 60
    planted = test.head(100).assign(customer=past["customer"].head(100).to_numpy())
    both = {"training_set": pd.concat([features["training_set"], planted], ignore_index=True)}
    again, test = (part["customers"] for part in task.split(both))
    assert same(again, test) == 0


def test_copies_in_other_folds_are_not_learned_from(parts):
    rows = parts[0]["customers"].head(500)
    twice = pd.concat([rows, rows], ignore_index=True)
    for past, held in training.folds(twice, twice["churned"].to_numpy(), seed=0):
        assert same(twice.iloc[past], twice.iloc[held]) == 0


@pytest.mark.parametrize("score", ["splines", "boosting"])
def test_the_answer_in_another_column_has_no_effect(parts, held, score):
    rows = parts[0]["customers"].head(900)
    planted = rows.assign(left_on=rows["churned"] * 12, reason=rows["churned"].map({0: "none", 1: "price"}))
    models = [task.train({"customers": table}, score=score) for table in (rows, planted)]
    assert np.array_equal(models[0].margin(held), models[1].margin(held))


def test_the_answer_in_an_input_would_have_had_an_effect(parts, held):
    rows = parts[0]["customers"].head(900)
    planted, told = (part.assign(total=part["churned"] * 1_000) for part in (rows, held))
    score = Splines().fit(planted, planted["churned"].to_numpy())
    assert np.corrcoef(score.margin(told), held["churned"])[0, 1] > 0.7


def test_preprocessing_knows_nothing_of_the_customers_to_test_on(served, held):
    """Whatever else is asked with it, a customer has the same probability."""
    alone = np.concatenate([served.margin(held.iloc[[row]]) for row in range(20)])
    assert alone == pytest.approx(served.margin(held)[:20], abs=1e-12)


def test_what_is_written_later_reaches_no_training_row(tables, features, tmp_path):
    """Feast joins what was known at the snapshot, whatever a later day adds."""
    known = task.feature_tables(tables)["customer_account"]
    later = known.assign(
        event_timestamp=known["event_timestamp"] + pd.Timedelta(days=1), tenure=72.0, contract="two years"
    )
    write_tables({"customer_account": pd.concat([known, later])}, tmp_path)
    with temporary_store("churn", tmp_path) as store:
        service = store.get_feature_service(task.FEATURE_SERVICE)
        joined = store.get_historical_features(entity_df=task.entity_rows(tables), features=service).to_df()
    found, expected = (
        rows.sort_values("customer", ignore_index=True)[INPUTS] for rows in (joined, features["training_set"])
    )
    pd.testing.assert_frame_equal(found, expected)
