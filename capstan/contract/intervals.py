"""The difference of two methods on the same units, and how sure it is."""

from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """The mean difference of two methods, and its 95% interval."""

    mean: float
    low: float
    high: float


def difference(one: np.ndarray, other: np.ndarray) -> Difference:
    """Return how much more one method has than another on the same units, with the interval of the paired t-test.

    one, other: a value per unit that was sampled, shape (n,); NaN for a unit that the metric does not have.
    """
    from scipy.stats import t

    differences = one - other
    differences = differences[~np.isnan(differences)]
    mean, error = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(len(differences)))
    width = float(t.ppf(0.975, len(differences) - 1)) * error
    return Difference(mean, mean - width, mean + width)
