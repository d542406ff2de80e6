"""Backfitting against statsmodels' additive model and the joint solution; averages of models against their sum."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.gam.api import BSplines, GLMGam

from models.bayes import model_averaging as averaging
from models.linear.backfitting import Additive
from pipelines.house_price.studies.robust import study as robust_study


@pytest.fixture(scope="module")
def sales(houses):
    rows = houses.sample(800, random_state=0)
    names = ["living_area", "year_built", "overall_quality", "garage_area"]
    return rows[names].fillna(0).to_numpy() / [1_000, 100, 5, 500], np.log(rows["sold_for"].to_numpy())


def test_backfitting_ends_where_all_curves_at_once_are_best(sales):
    matrix, target = sales
    model = Additive(penalty=1.0).fit(matrix, target)
    pairs = list(zip(model.curves, matrix.T, strict=True))
    design = np.hstack([curve.basis(values) for curve, values in pairs])
    penalty, start = np.zeros((design.shape[1],) * 2), 0
    for curve, _ in pairs:
        own = slice(start, start + curve.size)
        penalty[own, own], start = curve.penalty + 1e-8 * np.eye(curve.size), start + curve.size
    joint = np.linalg.solve(design.T @ design + penalty, design.T @ (target - target.mean()))
    assert model.predict(matrix) == pytest.approx(target.mean() + design @ joint, abs=1e-4)


def test_additive_model_is_that_of_statsmodels(sales):
    """With hardly any penalty, which theirs has of the squared second derivative, and ours of differences."""
    matrix, target = sales
    splines = BSplines(matrix[:, :2], df=[11, 11], degree=[3, 3])
    model = GLMGam(
        target, exog=np.ones((len(target), 1)), smoother=splines, alpha=[1e-9] * 2, family=sm.families.Gaussian()
    )
    theirs = model.fit().fittedvalues
    mine = Additive(penalty=1e-6, knots=7).fit(matrix[:, :2], target).predict(matrix[:, :2])
    assert mine == pytest.approx(theirs, abs=1e-4)


def test_walk_over_models_visits_them_by_their_weights(houses):
    rows = houses.sample(150, random_state=2)
    random = np.random.default_rng(0)
    matrix = np.hstack([robust_study.design(rows)[:, 1:], random.normal(size=(len(rows), 2))])
    target = np.log(rows["sold_for"].to_numpy())
    whole, walked = averaging.every(matrix, target), averaging.walk(matrix, target, 20_000)
    assert len(whole.shares) == 2**7 and sum(whole.shares.values()) == pytest.approx(1)
    assert walked.inclusion() == pytest.approx(whole.inclusion(), abs=0.04)
    assert walked.weights() == pytest.approx(whole.weights(), abs=0.005)
    assert whole.inclusion()[:2].min() > 0.99 and whole.inclusion()[-2:].max() < 0.5  # the last two are noise


def test_bic_is_that_of_statsmodels_but_for_a_constant(sales):
    matrix, target = sales
    values = []
    for model in ((True, True, False, False), (True, True, True, True)):
        fitted = sm.OLS(target, sm.add_constant(matrix[:, np.flatnonzero(model)])).fit()
        values.append(averaging.bic(matrix, target, model)[0] - fitted.bic)
    assert values[0] == pytest.approx(values[1])
