"""Samplers, variation and the solver against exact posteriors, scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy.interpolate import BSpline
from scipy.optimize import check_grad, minimize
from sklearn.cluster import KMeans
from sklearn.mixture import BayesianGaussianMixture

from models.bayes import augmented_lagrangian, hamiltonian, metropolis, nuts, variational
from models.bayes import chains as diagnostics
from models.bayes.gaussian_mixture import Mixture
from models.bayes.linear_regression import Density, Posterior, Prior
from pipelines.house_price.studies.robust import study as robust_study

SAMPLERS = {"metropolis": (metropolis, 3_000), "hamiltonian": (hamiltonian, 500), "nuts": (nuts, 400)}
PRIOR = Prior()


@pytest.fixture(scope="module")
def sales(houses):
    rows = houses.sample(200, random_state=0)
    return robust_study.design(rows), np.log(rows["sold_for"].to_numpy()) - 12


@pytest.fixture(scope="module")
def exact(sales) -> Posterior:
    return Posterior(*sales, PRIOR)


def test_gradient_is_that_of_the_density(sales):
    density = Density(*sales, PRIOR)
    point = np.random.default_rng(0).normal(size=density.size) / 3
    assert check_grad(lambda x: density(x)[0], lambda x: density(x)[1], point) < 1e-3 * np.linalg.norm(
        density(point)[1]
    )


@pytest.mark.parametrize("name", SAMPLERS)
def test_chains_agree_and_are_the_exact_posterior(sales, exact, name):
    """Means within four Monte Carlo errors, deviations within a sixth."""
    module, draws = SAMPLERS[name]
    density, random = Density(*sales, PRIOR), np.random.default_rng(1)
    start = np.append(exact.mean, np.log(exact.variance))
    starts = start + random.normal(size=(4, density.size)) * 0.05
    chains = np.array([module.sample(density, point, draws, draws, seed) for seed, point in enumerate(starts)])
    assert diagnostics.r_hat(chains).max() < 1.05
    size, deviation = diagnostics.effective(chains), np.sqrt(np.diag(exact.covariance))
    assert size.min() > 150
    apart = np.abs(chains[..., :-1].mean(axis=(0, 1)) - exact.mean) / (deviation / np.sqrt(size[:-1]))
    assert apart.max() < 4
    assert chains[..., :-1].std(axis=(0, 1)) == pytest.approx(deviation, rel=1 / 6)
    assert np.exp(chains[..., -1]).mean() == pytest.approx(exact.variance, rel=0.05)


def test_diagnostics_of_chains_whose_answer_is_known():
    """Of an autoregression with coefficient r, n draws are worth n (1 - r) / (1 + r)."""
    random, chains = np.random.default_rng(0), np.empty((4, 4_000, 1))
    for chain in chains:
        chain[0] = random.normal()
        for step in range(1, len(chain)):
            chain[step] = 0.6 * chain[step - 1] + 0.8 * random.normal()
    assert diagnostics.effective(chains)[0] == pytest.approx(16_000 * 0.4 / 1.6, rel=0.15)
    assert diagnostics.r_hat(chains)[0] == pytest.approx(1, abs=0.01)
    assert diagnostics.r_hat(chains + np.arange(4)[:, None, None])[0] > 1.5


def test_variation_has_the_exact_mean_and_nearly_the_covariance(sales, exact):
    mean, covariance, variance = variational.fit(*sales, PRIOR)
    assert mean == pytest.approx(exact.mean)
    assert covariance == pytest.approx(exact.covariance, rel=0.02, abs=1e-8)
    assert variance == pytest.approx(exact.variance, rel=0.02)


def test_mixture_is_that_of_scikit_learn(houses):
    points = np.column_stack([np.log(houses["living_area"]), houses["year_built"] / 30])[:300]
    labels = KMeans(4, n_init=1, random_state=np.random.RandomState(0)).fit(points).labels_  # as scikit-learn starts
    mine = Mixture(4, weight=1.0, steps=3_000).fit(points, np.eye(4)[labels])
    theirs = BayesianGaussianMixture(
        n_components=4, weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=1.0,
        mean_precision_prior=1.0, degrees_of_freedom_prior=2, covariance_prior=np.cov(points.T), max_iter=3_000,
        tol=1e-12, random_state=0, reg_covar=0,
    ).fit(points)  # fmt: skip
    order, known = np.argsort(mine.means[:, 1]), np.argsort(theirs.means_[:, 1])
    assert mine.means[order] == pytest.approx(theirs.means_[known], abs=2e-3)
    assert mine.covariances[order] == pytest.approx(theirs.covariances_[known], rel=0.02, abs=1e-3)


def test_solver_is_that_of_scipy_and_the_price_never_falls(houses):
    rows = houses.sample(300, random_state=3)
    area, target = rows["living_area"].to_numpy() / 1_000, np.log(rows["sold_for"].to_numpy()) - 12
    knots = np.r_[[area.min()] * 4, np.quantile(area, [0.2, 0.4, 0.6, 0.8]), [area.max()] * 4]
    size, grid = len(knots) - 4, np.linspace(area.min(), area.max(), 60)
    shape = BSpline(knots, np.eye(size), 3)
    basis, slopes = shape(area), shape(grid, 1)
    others = np.column_stack([rows["overall_quality"] - 6, rows["year_built"] / 100 - 19.7])
    ours = augmented_lagrangian.rising(basis, slopes, others, target)
    design = np.hstack([basis, others])

    def loss(weights: np.ndarray) -> float:
        return float(((design @ weights - target) ** 2).sum() + 1e-3 * weights @ weights)

    free = np.linalg.solve(design.T @ design + 1e-3 * np.eye(design.shape[1]), design.T @ target)
    assert (slopes @ free[:size]).min() < -0.01  # there is something to forbid
    assert (slopes @ ours[:size]).min() > -1e-8
    theirs = minimize(
        loss, free, method="SLSQP", options={"maxiter": 500, "ftol": 1e-12},
        constraints={"type": "ineq", "fun": lambda weights: slopes @ weights[:size]},
    )  # fmt: skip
    assert loss(ours) <= theirs.fun * (1 + 1e-6) and design @ ours == pytest.approx(design @ theirs.x, abs=2e-3)
