"""A covariance of many stocks from few days: the sample's, shrunk towards one in which all stocks are alike.

Source: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004).
Reference: sklearn.covariance.LedoitWolf, 1e-9.
"""

from __future__ import annotations

import numpy as np


def shrunk(returns: np.ndarray) -> np.ndarray:
    """Return the covariance that is expected to be nearest to the true one, shape (stocks, stocks).

    returns: shape (days, stocks). The target has the mean variance of the stocks for each, and no correlation.
    """
    days, stocks = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = centred.T @ centred / days
    target = np.trace(sample) / stocks * np.eye(stocks)
    distance = ((sample - target) ** 2).sum()
    # The error of the sample: how far the products of single days are from their mean.
    error = ((centred**2).T @ (centred**2) / days - sample**2).sum() / days
    share = min(error / distance, 1.0) if distance > 0 else 1.0
    return np.asarray(share * target + (1 - share) * sample)
