"""Robust regressions against statsmodels and scikit-learn, and against what they promise of breakdown."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression, RANSACRegressor, TheilSenRegressor

from models.robust import huber, lad, lts, mm, ransac, s_estimator, scales, theil_sen
from pipelines.house_price.studies.robust import study as robust_study

BEAR = ["RANSAC", "least trimmed squares", "S", "MM"]  # 40 % of outliers


@pytest.fixture(scope="module")
def sales(parts):
    rows = parts[0]["houses"].sample(400, random_state=1)
    return robust_study.design(rows), np.log(rows["sold_for"].to_numpy())


def test_huber_is_that_of_statsmodels(sales):
    design, target = sales
    theirs = sm.RLM(target, design, M=sm.robust.norms.HuberT()).fit(tol=1e-10, maxiter=200).params
    assert huber.fit(design, target) == pytest.approx(theirs, abs=1e-3)


def test_least_absolute_deviations_are_those_of_statsmodels(sales):
    design, target = sales
    theirs = sm.QuantReg(target, design).fit(0.5, p_tol=1e-9, max_iter=5_000).params
    mine = lad.fit(design, target)
    assert np.abs(target - design @ mine).sum() <= 1.0001 * np.abs(target - design @ theirs).sum()
    assert mine == pytest.approx(theirs, abs=5e-3)


def test_mm_is_the_bisquare_regression_of_statsmodels_at_its_scale(sales):
    """At the solution the weights reproduce it: sum of psi(r / s) x = 0."""
    design, target = sales
    weights = mm.fit(design, target)
    scale = s_estimator.scale(target - design @ s_estimator.fit(design, target))
    norm = sm.robust.norms.TukeyBiweight(c=scales.TUKEY_MM)
    assert norm.psi((target - design @ weights) / scale) @ design == pytest.approx(0, abs=1e-4)


def test_scale_of_s_is_one_for_the_normal_distribution():
    assert s_estimator.scale(np.random.default_rng(0).normal(size=100_000)) == pytest.approx(1, abs=0.02)


def test_theil_sen_of_one_input_is_near_that_of_scikit_learn():
    random = np.random.default_rng(0)
    input_, noise = random.normal(size=150), random.standard_t(2, 150) / 5
    target = 1 + 2 * input_ + noise
    theirs = TheilSenRegressor(random_state=0, n_subsamples=2, max_subpopulation=20_000).fit(input_[:, None], target)
    ours = theil_sen.fit(np.column_stack([np.ones(150), input_]), target)
    assert ours == pytest.approx([theirs.intercept_, theirs.coef_[0]], abs=0.05)


def test_as_many_sales_agree_with_ransac_as_with_that_of_scikit_learn(sales):
    design, target = sales
    wrong = target + np.log(10) * (np.arange(len(target)) % 5 == 0)
    theirs = RANSACRegressor(
        LinearRegression(fit_intercept=False), min_samples=design.shape[1] + 1, residual_threshold=ransac.NEAR,
        max_trials=ransac.TRIALS, random_state=0,
    ).fit(design, wrong)  # fmt: skip
    agree = np.abs(wrong - design @ ransac.fit(design, wrong)) < ransac.NEAR
    assert agree.sum() >= 0.98 * theirs.inlier_mask_.sum() and not agree[::5].any()


def test_spatial_median_is_where_the_directions_cancel():
    points = np.random.default_rng(0).exponential(size=(500, 3))
    apart = points - theil_sen.spatial_median(points)
    assert (apart / np.linalg.norm(apart, axis=1)[:, None]).sum(axis=0) == pytest.approx(0, abs=1e-4)


def test_trimmed_squares_are_the_least_of_all_halves():
    """Ten rows, two inputs: every half is tried."""
    from itertools import combinations

    random = np.random.default_rng(2)
    design = np.column_stack([np.ones(10), random.normal(size=10)])
    target = design @ [1, 2] + random.normal(0, 0.1, 10)
    target[:4] += 8
    half = (10 + 3) // 2

    def left(weights: np.ndarray) -> float:
        return float(np.sort((target - design @ weights) ** 2)[:half].sum())

    least = min(
        left(np.linalg.lstsq(design[list(rows)], target[list(rows)], rcond=None)[0])
        for rows in combinations(range(10), half)
    )
    assert left(lts.fit(design, target)) == pytest.approx(least)


@pytest.mark.parametrize("name", robust_study.FITS)
def test_who_bears_forty_percent_of_wrong_prices(parts, name):
    past, test = (part["houses"] for part in parts)
    rows, truth = past.sample(300, random_state=0), np.log(test["sold_for"].to_numpy())
    errors = []
    for share in (0.0, 0.4):
        spoiled = robust_study.spoiled(rows, share, "price", seed=3)
        weights = robust_study.FITS[name](robust_study.design(spoiled), np.log(spoiled["sold_for"].to_numpy()))
        errors.append(np.median(np.abs(robust_study.design(test) @ weights - truth)))
    assert (errors[1] < 1.15 * errors[0]) == (name in BEAR), errors
