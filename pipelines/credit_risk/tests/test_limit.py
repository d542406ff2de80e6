"""The rivals learn, and what says where the limit is finds what is planted."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.credit_risk.studies.limit import ceiling
from pipelines.credit_risk.studies.limit import study as limit


@pytest.mark.parametrize("name", limit.families())
def test_each_family_ranks_other_loans_and_takes_missing_and_unknown_values(name, parts, held):
    rows = parts[0]["loans"].head(800)
    fitted = limit.score(name, 0)().fit(rows, rows["bad"].to_numpy())
    assert roc_auc_score(held["bad"], fitted.margin(held)) > 0.75
    strange = held.head(3).assign(home="castle", income=np.nan, assets=np.nan)
    assert np.isfinite(fitted.margin(strange)).all()


def test_means_are_of_all_families_and_the_stack_ranks(parts):
    past, later = parts[0]["loans"].head(600), parts[1]["loans"]
    margins = limit.margins(past, later, 0, [limit.SIMPLE, limit.SERVED, "boosting"])
    simple, served, booster = (margins[name] for name in (limit.SIMPLE, limit.SERVED, "boosting"))
    assert margins[limit.MEAN] == pytest.approx((served + booster) / 2)
    assert margins[limit.MEAN_OF_ALL] == pytest.approx((simple + served + booster) / 3)
    assert roc_auc_score(later["bad"], margins[limit.STACK]) > 0.75


def test_end_of_a_learning_curve_is_found():
    lines = [
        {"seed": seed, "loans": size, "roc_auc": 0.86 - 10 / size + 0.001 * seed}
        for seed in (-1, 0, 1)
        for size in ceiling.SIZES
    ]
    end, low, high = ceiling.endless(pd.DataFrame(lines))
    assert end == pytest.approx(0.86) and low < 0.86 < high


def test_true_probabilities_leave_nothing_and_what_is_hidden_in_an_input_is_found(parts):
    rows, random = parts[0]["loans"].reset_index(drop=True), np.random.default_rng(0)
    ranks = rows["seniority"].rank(pct=True).to_numpy()
    margin = 2 * random.normal(size=len(rows))
    outcomes = [
        (random.random(len(rows)) < 1 / (1 + np.exp(-logits))).astype(float)
        for logits in (margin, margin + 3 * (ranks - 0.5))
    ]
    none, some = (next(ceiling.left(rows.assign(bad=bad), {"one": margin}, 0, draws=200)) for bad in outcomes)
    assert none["implied_low"] < none["roc_auc"] < none["implied_high"]
    assert none["alike_low"] < 0 < none["alike_high"] and some["alike_low"] > 0
