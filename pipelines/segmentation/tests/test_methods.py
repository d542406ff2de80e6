"""Methods from scratch against scikit-learn's, and how fits of other samples are compared."""

import numpy as np
import pytest
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.datasets import make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.manifold import spectral_embedding
from sklearn.metrics import adjusted_rand_score

from models.clustering import spectral
from models.clustering.methods import METHODS
from models.clustering.principal_components import PrincipalComponents
from models.metrics import population_stability
from pipelines.segmentation import stability, training
from pipelines.segmentation.columns import DAY, TEST
from pipelines.segmentation.scaling import Scaling


@pytest.fixture(scope="module")
def points(parts) -> np.ndarray:
    """The customers of the test."""
    rows = parts[1]["customers"]
    rows = rows[rows[DAY] == TEST]
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


def test_sample_draws_customers_with_all_of_their_rows():
    customers = np.random.default_rng(1).permutation(np.repeat(np.arange(1_000), np.arange(1_000) % 4 + 1))
    drawn = customers[stability.sample(customers, 0)]
    found, counts = np.unique(drawn, return_counts=True)
    assert 0.61 < len(found) / 1_000 < 0.66  # 1 - 1/e of the customers
    times = counts / (found % 4 + 1)
    assert (times == times.astype(int)).all() and times.sum() == 1_000


def test_refit_is_matched_by_the_customers_that_it_shares():
    ours = np.repeat([0, 1, 2], 10)
    assert training.match(np.repeat([2, 0, 1], 10), ours).tolist() == [1, 2, 0]


def test_drift_of_sizes():
    shares = np.array([0.5, 0.3, 0.2])
    assert population_stability.stability_index(shares, shares) == 0
    assert population_stability.stability_index(shares, shares[::-1]) == pytest.approx(2 * 0.3 * np.log(2.5))
    assert np.isfinite(population_stability.stability_index(shares, np.array([1.0, 0.0, 0.0])))
