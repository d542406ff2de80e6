"""The mixed model compared with statsmodels, and what it does with groups that say little."""

import numpy as np
import pytest

from models.linear import mixed


@pytest.fixture(scope="module")
def made():
    """Twelve groups of twenty rows, each with a slope of its own."""
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(12), 20)
    x = np.column_stack([np.ones(240), random.normal(size=(240, 2))])
    z = x[:, :2]
    effects = random.normal(size=(12, 2)) * [0.5, 0.8]
    y = x @ [1.0, -2.0, 0.5] + (z * effects[group]).sum(axis=1) + random.normal(size=240) * 0.3
    return y, x, z, group


def test_it_is_the_model_of_statsmodels(made):
    from statsmodels.regression.mixed_linear_model import MixedLM

    y, x, z, group = made
    own = mixed.fit(y, x, z, group, cluster=np.arange(len(y)), steps=5_000, close=1e-13)
    theirs = MixedLM(y, x, group, z).fit(reml=False, gtol=1e-10)
    assert own.fixed == pytest.approx(theirs.fe_params, abs=1e-5)
    assert own.between == pytest.approx(np.asarray(theirs.cov_re), rel=1e-3)
    assert own.noise == pytest.approx(theirs.scale, rel=1e-4)
    assert own.log_likelihood == pytest.approx(theirs.llf, abs=1e-5)
    assert own.effects == pytest.approx(np.stack([theirs.random_effects[number] for number in range(12)]), abs=1e-4)


def test_group_of_few_rows_is_near_the_others(made):
    y, x, z, group = made
    few = (group != 0) | (np.arange(len(y)) < 2)
    whole, part = (mixed.fit(y[rows], x[rows], z[rows], group[rows], group[rows]) for rows in (slice(None), few))
    assert np.abs(part.effects[0]).sum() < np.abs(whole.effects[0]).sum()
    assert np.trace(part.spread[0]) > 3 * np.trace(whole.spread[0])


def test_errors_know_what_rows_of_a_cluster_share(made):
    y, x, z, group = made
    cluster = np.arange(len(y)) % 20
    shared = np.random.default_rng(1).normal(size=20)
    x = np.column_stack([x, np.random.default_rng(2).normal(size=20)[cluster]])
    alone, together = (
        mixed.fit(y + shared[cluster], x, z, group, clusters).covariance[-1, -1]
        for clusters in (np.arange(len(y)), cluster)
    )
    assert together > 4 * alone
