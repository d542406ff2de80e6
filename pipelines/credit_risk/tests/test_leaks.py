"""Leaks that are planted: a copy of a loan to test on, the answer in a column, and what a test could give away."""

import numpy as np
import pandas as pd
import pytest

from pipelines.credit_risk import task
from pipelines.credit_risk.columns import INPUTS, PROTECTED
from pipelines.credit_risk.splines import Splines


def same(one: pd.DataFrame, other: pd.DataFrame) -> int:
    """Return how many applications of one are also in the other."""
    names = [*INPUTS, *PROTECTED]
    return int(one[names].merge(other[names].drop_duplicates(), on=names).shape[0])


def test_copies_of_loans_to_test_on_are_not_trained_on(loans, parts):
    past, test = (part["loans"] for part in parts)
    assert same(past, test) == 0 and len(past) + len(test) == len(loans) - 1  # one application is there twice
    planted = pd.concat([loans, *[test.head(100)] * 3], ignore_index=True)
    past, test = (part["loans"] for part in task.split({"loans": planted}))
    assert same(past, test) == 0


def test_copies_would_have_had_an_effect(loans):
    """Trained on the loans that it is tested on, even this score ranks them better."""
    from sklearn.metrics import roc_auc_score

    few, others = loans.head(200), loans.iloc[200:400]
    alone, leaked = (
        Splines(strength=1.0).fit(rows, rows["bad"].to_numpy()) for rows in (others, pd.concat([others, *[few] * 3]))
    )
    areas = [roc_auc_score(few["bad"], score.margin(few)) for score in (alone, leaked)]
    assert areas[1] > areas[0] + 0.05


@pytest.mark.parametrize("score", ["splines", "boosting", "scorecard"])
def test_the_answer_in_another_column_has_no_effect(parts, held, score):
    rows = parts[0]["loans"].head(600)
    planted = rows.assign(outcome=rows["bad"], age_of_default=rows["bad"] * 12)
    models = [task.train({"loans": table}, score=score, fair=False) for table in (rows, planted)]
    assert np.array_equal(models[0].margin(held), models[1].margin(held))


def test_preprocessing_knows_nothing_of_the_loans_to_test_on(served, held):
    """Whatever else is asked with it, a loan has the same probability."""
    alone = np.concatenate([served.margin(held.iloc[[row]]) for row in range(20)])
    assert alone == pytest.approx(served.margin(held)[:20], abs=1e-12)
