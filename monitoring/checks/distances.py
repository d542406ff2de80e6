"""Distances of two histograms on one grid, as Evidently measures them, but many at once and from counts."""

import numpy as np
from scipy.spatial.distance import jensenshannon

from capstan.contract.checks import Method
from monitoring.checks.grids import Grid

# Evidently's: what takes the place of an empty bin, whose logarithm PSI needs.
EMPTY = 1e-4


def default(grid: Grid) -> Method:
    """Return the method that Evidently takes for a signal of more than 1,000 rows."""
    return "wasserstein" if grid.kind == "numeric" else "jensenshannon"


def distance(grid: Grid, method: Method, counts: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the distance of each line of `counts`, (n, bins), from its line of `reference`; NaN where one is empty.

    The nulls, last in both, are no values. wasserstein: in standard deviations of the whole reference.
    """
    recent, known = _shares(counts), _shares(reference)
    recent, known = np.broadcast_arrays(recent, known)
    if method == "jensenshannon":
        return np.asarray(jensenshannon(recent, known, axis=-1))
    if method == "psi":
        recent, known = (np.where(share == 0, EMPTY, share) for share in _merged(grid, recent, known))
        return np.asarray(((known - recent) * np.log(known / recent)).sum(axis=-1))
    gap = np.abs(np.cumsum(recent - known, axis=-1))
    if method == "ks":
        return np.asarray(gap.max(axis=-1))
    if grid.kind != "numeric":
        return np.asarray(np.abs(recent - known).sum(axis=-1) / 2)  # of categories all different from each other
    gap = gap[..., : len(grid.edges)]
    # Between two edges the gap is constant where the edges are all the values there are; else it is taken as straight.
    between = gap[..., :-1] if grid.exact else (gap[..., :-1] + gap[..., 1:]) / 2
    return np.asarray((between * np.diff(grid.edges)).sum(axis=-1) / grid.scale)


def _shares(counts: np.ndarray) -> np.ndarray:
    values = counts[..., :-1].astype(float)
    total = values.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0))


def _merged(grid: Grid, one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares by about ten bins of equally many rows of the reference, which PSI is defined for."""
    if grid.kind != "numeric":
        return one, two
    mean = two.reshape(-1, two.shape[-1]).mean(axis=0)
    bins = np.minimum((np.cumsum(mean) - mean / 2) * 10, 9).astype(int)
    merged = np.eye(10)[bins]
    return one @ merged, two @ merged
