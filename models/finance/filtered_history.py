"""What may be lost tomorrow: the days that are past, in units of how wild they were expected to be.

A loss of a quiet year counts more on a wild day, and the other way around. Deviations are those of RiskMetrics.
Source: Barone-Adesi, Giannopoulos and Vosper, "VaR without correlations for portfolios of derivative securities"
(1999).

Reference: `models.finance.value_at_risk.weighted`, whose deviations of the same days are equal within 1e-12.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

KEPT = 0.94  # what RiskMetrics keeps of yesterday's variance


class Risk(NamedTuple):
    """Tomorrow: the standard deviation, and the losses of as many days as are known, the smallest first."""

    deviation: float
    losses: np.ndarray

    def beyond(self, share: float) -> np.ndarray:
        """Return the worst losses: a share of the days. The first of them is the value at risk."""
        return self.losses[-max(round(share * len(self.losses)), 1) :]


def tomorrow(returns: np.ndarray) -> Risk:
    """Return what may happen after some days. returns: shape (days,), the newest last; two or more."""
    deviations = deviations_of(returns)
    surprises = np.divide(returns, deviations[:-1], out=np.zeros_like(returns), where=deviations[:-1] > 0)
    return Risk(float(deviations[-1]), np.sort(-surprises * deviations[-1]))


def deviations_of(returns: np.ndarray) -> np.ndarray:
    """Return the deviation that was expected of each day, and of tomorrow, shape (days + 1,).

    The first is that of all days, which none of them knew.
    """
    variances = [float(returns.var())]
    for gone in returns.tolist():
        variances.append(KEPT * variances[-1] + (1 - KEPT) * gone**2)
    return np.sqrt(variances)
