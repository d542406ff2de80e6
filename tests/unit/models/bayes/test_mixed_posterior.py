"""The posterior of the mixed model, next to its maximum likelihood."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from models.bayes import chains
from models.bayes import mixed_posterior as posterior
from models.linear import mixed


@pytest.fixture(scope="module")
def sales():
    """Return sales of 60 stores whose own elasticities differ by 0.5 around -2.5."""
    random = np.random.default_rng(0)
    store = np.repeat(np.arange(60), 40)
    price = random.normal(0, 0.2, len(store))
    x = np.column_stack([np.ones(len(store)), price, random.normal(size=len(store))])
    z = x[:, :2]
    effects = random.normal(size=(60, 2)) * [0.3, 0.5]
    y = x @ [1.0, -2.5, 0.1] + (z * effects[store]).sum(axis=1) + random.normal(0, 0.4, len(store))
    return y, x, z, store


@pytest.fixture(scope="module")
def fitted(sales) -> mixed.Mixed:
    return mixed.fit(*sales, sales[-1], close=1e-12)


def test_gradient_is_that_of_the_density(sales, fitted):
    density = posterior.Density(*sales)
    point = density.start(fitted) + np.random.default_rng(1).normal(size=density.size) * 0.1
    assert check_grad(lambda x: density(x)[0], lambda x: density(x)[1], point) < 1e-4 * np.linalg.norm(
        density(point)[1]
    )


def test_density_differs_from_the_likelihood_by_the_priors(sales, fitted):
    density = posterior.Density(*sales)
    point = density.start(fitted)
    fixed, factor, noise = density.parts(point)
    prior = -fixed @ fixed / (2 * posterior.WIDE**2) - ((factor**2).sum() + noise) / (2 * posterior.AMONG**2)
    prior += np.log(np.diag(factor)).sum() + point[-1]
    likelihood = density(point)[0] - prior - len(sales[0]) * np.log(2 * np.pi) / 2
    assert likelihood == pytest.approx(fitted.log_likelihood, abs=1e-6)
    assert density.effects(point)[0] == pytest.approx(fitted.effects, abs=1e-6)


def test_chains_agree_with_what_made_the_sales(sales, fitted):
    density = posterior.Density(*sales)
    samples = posterior.sampled(density, density.start(fitted), draws=150)
    assert chains.r_hat(samples).max() < 1.05
    draws = samples.reshape(-1, density.size)
    assert draws[:, 1].mean() == pytest.approx(-2.5, abs=4 * draws[:, 1].std())
    # Generalized least squares, where the variances are known: the sampler does not know them, and is a little wider.
    _, x, z, store = sales
    whole = fitted.noise * np.eye(len(store)) + (z @ fitted.between @ z.T) * (store[:, None] == store)
    known = np.linalg.inv(x.T @ np.linalg.solve(whole, x))[1, 1] ** 0.5
    assert draws[:, 1].std() == pytest.approx(known, rel=0.2)
    among = np.linalg.norm([density.parts(draw)[1][1] for draw in draws], axis=1)
    low, high = np.quantile(among, (0.01, 0.99))
    assert low < 0.5 < high
