"""Shares: how sure it is that a share of rows or requests is beyond what may be."""

from scipy.stats import beta

ALPHA = 0.001  # few looks are many, and what is meant is not broken by a little


def interval(count: float, of: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of 99.9 % for a share. Wilson's is too narrow for shares of 0.1 %."""
    low = float(beta.ppf(ALPHA / 2, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - ALPHA / 2, count + 1, of - count)) if count < of else 1.0
    return low, high


def why(share: float, low: float, most: float) -> str:
    """Return why a share above its limit is no alarm, where its interval reaches the limit; else ""."""
    return "Its interval reaches the threshold." if low <= most < share else ""
