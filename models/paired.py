"""Is one method better than another on the same people, days or documents?"""

import numpy as np


def bootstrap(better: np.ndarray, worse: np.ndarray, repeats: int = 10_000, seed: int = 0) -> dict[str, float]:
    """Return the mean difference of two scores of the same units, its 95 % interval, and the share of samples in which
    it is not above zero.

    better, worse: one score per unit that was sampled, shape (n,). Source: Efron and Tibshirani, "An Introduction to
    the Bootstrap" (1993), chapter 13: percentile intervals.
    """
    difference = better - worse
    sampled = np.random.default_rng(seed).multinomial(
        len(difference), np.full(len(difference), 1 / len(difference)), repeats
    )
    means = sampled @ difference / len(difference)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "p": float((means <= 0).mean()),
    }
