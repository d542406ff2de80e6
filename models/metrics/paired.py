"""Is one method better than another on the same people, days or documents?

The functions from `by_unit` on give metrics a value per row or unit, whose mean is the metric: means of these compare
metrics that are no means themselves. The values are the metric and the influence of the row on it.
`capstan.contract.delong` has those of ROC AUC.
Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 13 and 22.

Reference: sklearn.metrics.roc_auc_score and numpy.corrcoef for the means of values, 1e-6.
"""

import numpy as np

from models.metrics.bootstrap import interval as percentiles


def by_unit(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return values per row as values per unit with the same mean, shape (number of units,), by the order of units.

    values, units: shape (n,). The rows of a unit, such as the flights of a day, are not independent of each other.
    """
    codes = np.unique(units, return_inverse=True)[1]
    mean = values.mean()
    sums = np.bincount(codes, values - mean)
    return np.asarray(mean + sums * (len(sums) / len(values)))


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the value of each unit of a ratio of means, such as MASE, shape (n,). above, below: shape (n,)."""
    scale = below.mean()
    value = above.mean() / scale
    return np.asarray(value + (above - value * below) / scale)


def root(squares: np.ndarray) -> np.ndarray:
    """Return the value of each unit of the root of a mean, such as RMSE, shape (n,). squares: shape (n,)."""
    value = np.sqrt(squares.mean())
    return np.asarray(value + (squares - value**2) / (2 * value))


def correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the value of each unit of Pearson's r, whose mean it is, shape (n,). one, other: shape (n,)."""
    first, second = ((part - part.mean()) / part.std() for part in (one, other))
    r = (first * second).mean()
    return np.asarray(r + first * second - r * (first**2 + second**2) / 2)


def bootstrap(better: np.ndarray, worse: np.ndarray, repeats: int = 10_000, seed: int = 0) -> dict[str, float]:
    """Return the mean difference of two scores of the same units, its 95 % interval, and the share of samples in which
    it is not above zero.

    better, worse: one score per unit that was sampled, shape (n,). Percentile intervals.
    """
    difference = better - worse
    sampled = np.random.default_rng(seed).multinomial(
        len(difference), np.full(len(difference), 1 / len(difference)), repeats
    )
    means = sampled @ difference / len(difference)
    low, high = percentiles(means)
    return {
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "p": float((means <= 0).mean()),
    }
