"""Control charts: CUSUM adds up what goes beyond an allowance, EWMA smooths; both notice small shifts that last.

Source: Page, "Continuous inspection schemes" (1954); Roberts, "Control chart tests based on geometric moving averages"
(1959). Values are in standard deviations from the mean of the time in control.

Reference: the run lengths that Montgomery prints for CUSUM, and Lucas and Saccucci for EWMA, within 4 standard errors
of 600 runs.
"""

from __future__ import annotations

import numpy as np


def cusum(z: np.ndarray, allowance: float = 0.5) -> np.ndarray:
    """Return the larger of the upper and the lower sum after each value, shape (n,): S = max(0, S + z - allowance)."""
    upper = lower = 0.0
    sums = np.empty(len(z))
    for place, value in enumerate(z.tolist()):
        upper, lower = max(0.0, upper + value - allowance), max(0.0, lower - value - allowance)
        sums[place] = max(upper, lower)
    return sums


def ewma(z: np.ndarray, rate: float = 0.1) -> np.ndarray:
    """Return the size of the smoothed value, in the standard deviations that it comes to have, shape (n,)."""
    smooth, sizes = 0.0, np.empty(len(z))
    for place, value in enumerate(z.tolist()):
        smooth += rate * (value - smooth)
        sizes[place] = abs(smooth)
    return np.asarray(sizes / np.sqrt(rate / (2 - rate)))
