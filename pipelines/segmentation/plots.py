"""The pictures of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SAMPLE = 1_500  # customers on the maps


def maps(points: np.ndarray, segments: np.ndarray, seed: int = 0) -> Figure:
    """Return two maps of customers: principal components keep distances, t-SNE keeps neighbours."""
    from matplotlib.figure import Figure

    from models.clustering.principal_components import PrincipalComponents

    chosen = np.random.default_rng(seed).permutation(len(points))[:SAMPLE]
    points, segments = points[chosen], segments[chosen]
    components = PrincipalComponents.of(points)
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, places in ((left, components.project(points)), (right, neighbours_map(points, seed))):
        for name in np.unique(segments):
            axes.scatter(*places[segments == name].T, s=4, label=name)
        axes.set_xticks([])
        axes.set_yticks([])
    left.set_title(f"Principal components, {components.share.sum():.0%} of the variance")
    right.set_title("t-SNE: distances between groups mean nothing")
    left.legend(title="segment", markerscale=3)
    return figure


def neighbours_map(points: np.ndarray, seed: int) -> np.ndarray:
    """Return the embedding of points in the plane by t-SNE, shape (n, 2). Source: van der Maaten and Hinton (2008)."""
    from sklearn.manifold import TSNE

    embedding = TSNE(perplexity=min(30, (len(points) - 1) / 3), random_state=seed, n_jobs=1)
    places: np.ndarray = embedding.fit_transform(points)
    return places


def sizes(shares: pd.DataFrame) -> Figure:
    """Return the share of each segment by day. shares: one row per day, one column per segment."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    for name in shares.columns:
        axes.plot(shares.index, shares[name], marker="o", label=name)
    axes.set_ylim(0)
    axes.yaxis.set_major_formatter(lambda value, _place: f"{value:.0%}")
    axes.set_ylabel("customers")
    axes.legend(title="segment")
    return figure
