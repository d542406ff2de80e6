"""The methods that compete. What each returns also places points that it never saw."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier

from models.clustering import spectral

NEIGHBOURS = 10


class Clusters(Protocol):
    """A partition of the space of points."""

    def predict(self, points: np.ndarray) -> np.ndarray:
        """Return the cluster of each point, shape (n,)."""


class Method(Protocol):
    """A way to find clusters."""

    def __call__(self, points: np.ndarray, count: int, seed: int) -> Clusters:
        """Return the clusters of points, shape (n, d). count: how many are asked for."""


def k_means(points: np.ndarray, count: int, seed: int) -> Clusters:
    """Return the nearest of some centres."""
    clusters: Clusters = KMeans(count, n_init=5, random_state=seed).fit(points)
    return clusters


def gaussian_mixture(points: np.ndarray, count: int, seed: int) -> Clusters:
    """Return the likeliest of some normal distributions, with a covariance each.

    Without a floor of the covariances, a component would collapse onto points that are there many times.
    """
    clusters: Clusters = GaussianMixture(count, n_init=3, reg_covar=0.1, random_state=seed).fit(points)
    return clusters


def spectral_clustering(points: np.ndarray, count: int, seed: int) -> Clusters:
    """Return spectral clusters. An unseen point goes with its neighbours."""
    return by_neighbours(points, spectral.clusters(points, count, seed))


def hdbscan(points: np.ndarray, count: int, seed: int) -> Clusters:
    """Return dense regions. Their number is its own finding: `count` sets how few points make a region.

    What is in no region goes with its neighbours. Nothing is drawn at random.
    """
    size = max(2, len(points) // (5 * count))
    labels = HDBSCAN(min_cluster_size=size, min_samples=10, copy=True).fit_predict(points)
    dense = labels >= 0
    return by_neighbours(points[dense], labels[dense]) if dense.any() else by_neighbours(points, labels * 0)


def by_neighbours(points: np.ndarray, labels: np.ndarray) -> Clusters:
    """Return the majority of the nearest labelled points."""
    clusters: Clusters = KNeighborsClassifier(min(NEIGHBOURS, len(points))).fit(points, labels)
    return clusters


METHODS: dict[str, Method] = {
    "k-means": k_means,
    "Gaussian mixture": gaussian_mixture,
    "spectral": spectral_clustering,
    "HDBSCAN": hdbscan,
}
