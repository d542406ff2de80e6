"""Methods from scratch against scikit-learn's, and the measures that choose between methods."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.datasets import make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.manifold import spectral_embedding
from sklearn.metrics import adjusted_rand_score

from capstan.errors import CapstanError
from pipelines.segmentation import choice, drift, spectral, stability, training
from pipelines.segmentation.methods import METHODS
from pipelines.segmentation.principal_components import PrincipalComponents
from pipelines.segmentation.scaling import Scaling


@pytest.fixture(scope="module")
def points(parts) -> np.ndarray:
    """The customers of the last day."""
    rows = parts[1]["customers"]
    return Scaling.of(rows).points(rows)


def test_principal_components_are_those_of_scikit_learn(points):
    ours, theirs = PrincipalComponents.of(points, 3), PCA(3).fit(points)
    np.testing.assert_allclose(ours.share, theirs.explained_variance_ratio_, rtol=1e-12)
    np.testing.assert_allclose(np.abs(ours.directions @ theirs.components_.T), np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.abs(ours.project(points)), np.abs(theirs.transform(points)), atol=1e-9)


def test_spectral_embedding_is_that_of_scikit_learn(points):
    weights = spectral.affinity(points[:800])
    ours = spectral.embedding(weights, 4)
    theirs = spectral_embedding(weights, n_components=4, drop_first=False, eigen_solver="arpack", random_state=0)
    # Both are eigenvectors up to their length and sign.
    cosines = (ours / np.linalg.norm(ours, axis=0)).T @ (theirs / np.linalg.norm(theirs, axis=0))
    np.testing.assert_allclose(np.abs(np.diag(cosines)), 1, atol=1e-4)


def test_spectral_clusters_are_those_of_scikit_learn_where_k_means_fails():
    moons, truth = make_moons(600, noise=0.1, random_state=0)
    ours = spectral.clusters(moons, 2)
    theirs = SpectralClustering(2, affinity="precomputed", random_state=0).fit_predict(spectral.affinity(moons))
    assert adjusted_rand_score(ours, theirs) > 0.98 and adjusted_rand_score(ours, truth) > 0.7
    assert adjusted_rand_score(KMeans(2, n_init=4, random_state=0).fit_predict(moons), truth) < 0.5


@pytest.mark.parametrize("name", METHODS)
def test_method_finds_clusters_that_are_there_and_places_new_points(name):
    blobs, truth = make_blobs(900, centers=4, center_box=(-40, 40), random_state=2)
    clusters = METHODS[name](blobs[:800], 4, 0)
    assert adjusted_rand_score(clusters.predict(blobs[800:]), truth[800:]) == 1


def test_sample_draws_customers_and_one_row_of_each():
    customers = np.repeat(np.arange(1_000), np.arange(1_000) % 4 + 1)
    drawn = customers[stability.sample(customers, 0)]
    assert len(drawn) == 1_000
    assert 0.61 < len(np.unique(drawn)) / 1_000 < 0.66  # 1 - 1/e of the customers
    assert abs(np.mean(drawn % 4) - 1.5) < 0.1  # customers of four rows are not drawn more often


def test_noise_is_not_stable_and_nothing_is_chosen():
    random = np.random.default_rng(0)
    noise = random.normal(size=(600, 3))
    table = choice.candidates(noise, np.arange(600), 0, ["k-means"], fits=4)
    assert (table["stability"] < 0.8).all() and not table["eligible"].any()
    with pytest.raises(
        CapstanError, match=r"No segmentation of 4 to 8 segments is stable \(0\.8 or more; the best has"
    ):
        choice.best(table)


@pytest.mark.parametrize(
    ("silhouettes", "stabilities", "winner"),
    [
        ([0.40, 0.30, 0.30], [0.9, 0.99, 0.9], "a"),  # the most distinct
        ([0.40, 0.39, 0.30], [0.9, 0.95, 0.99], "b"),  # the most stable of two that are close
        ([0.40, 0.30, 0.29], [0.7, 0.85, 0.84], "b"),  # the first is not eligible
    ],
)
def test_winner_is_distinct_and_then_stable(silhouettes, stabilities, winner):
    table = pd.DataFrame({"method": list("abc"), "count": 5, "silhouette": silhouettes, "stability": stabilities})
    table["eligible"] = table["stability"] >= choice.STABLE
    assert choice.best(table) == (winner, 5)


def test_number_of_clusters_that_are_there_wins():
    blobs, _ = make_blobs(600, centers=[(x, y) for x in (0, 15, 30) for y in (0, 15)], random_state=1)
    table = choice.candidates(blobs, np.arange(600), 0, ["k-means", "spectral"], fits=4)
    assert choice.best(table)[1] == 6


def test_segment_that_is_too_small_is_not_eligible():
    many, few = np.random.default_rng(0).normal(size=(3, 1_000, 2)), np.full((20, 2), 90.0)
    clusters = np.concatenate([many[0], many[1] + 30, many[2] - 30, few])
    table = choice.candidates(clusters, np.arange(len(clusters)), 0, ["k-means"], fits=3)
    assert table["smallest"].iloc[0] < choice.SMALLEST and not table["eligible"].iloc[0]


def test_refit_is_matched_by_the_customers_that_it_shares():
    ours = np.repeat([0, 1, 2], 10)
    assert training.match(np.repeat([2, 0, 1], 10), ours).tolist() == [1, 2, 0]


def test_drift_of_sizes():
    shares = np.array([0.5, 0.3, 0.2])
    assert drift.stability_index(shares, shares) == 0
    assert drift.stability_index(shares, shares[::-1]) == pytest.approx(2 * 0.3 * np.log(2.5))
    assert np.isfinite(drift.stability_index(shares, np.array([1.0, 0.0, 0.0])))
