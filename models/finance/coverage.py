"""Were the limits right? Tests of value at risk and expected shortfall on days that came after.

Sources: Kupiec, "Techniques for verifying the accuracy of risk measurement models" (1995); Christoffersen, "Evaluating
interval forecasts" (1998); Acerbi and Szekely, "Back-testing expected shortfall" (2014), their second test.
Reference: Kupiec's table of the regions that his test rejects, exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy
from scipy.stats import chi2

from models.finance.value_at_risk import Forecasts

REPEATS = 2_000


class Coverage(NamedTuple):
    """What became of the limits. The last three are p values: small ones reject the forecasts."""

    days: int
    expected: float  # violations
    violations: int
    often: float  # Kupiec: as many violations as expected
    clustered: float  # Christoffersen: a violation is as likely after one as after none
    deep: float  # Acerbi and Szekely: violations as many and as deep as the shortfall says, against more or deeper


def coverage(returns: np.ndarray, forecasts: Forecasts, level: float, seed: int = 0) -> Coverage:
    """Return the tests of forecasts. returns: of the same days, shape (days,)."""
    violated = -returns > forecasts.limits
    return Coverage(
        len(returns),
        level * len(returns),
        int(violated.sum()),
        kupiec(violated, level),
        christoffersen(violated),
        acerbi_szekely(returns, forecasts, level, seed),
    )


def kupiec(violated: np.ndarray, level: float) -> float:
    """Return the p value of "a violation has this probability". violated: booleans, shape (days,)."""
    hits, days = violated.sum(), len(violated)
    return _p(_likelihood(hits, days, hits / days) - _likelihood(hits, days, level))


def christoffersen(violated: np.ndarray) -> float:
    """Return the p value of "a violation has the same probability after a violation as after none"."""
    before, after = violated[:-1], violated[1:]
    hits, days = after.sum(), len(after)
    apart = 0.0
    for same in (before, ~before):
        if count := same.sum():
            apart += _likelihood(after[same].sum(), count, after[same].mean())
    return _p(apart - _likelihood(hits, days, hits / days))


def acerbi_szekely(returns: np.ndarray, forecasts: Forecasts, level: float, seed: int = 0) -> float:
    """Return the p value of "losses beyond the limits are as many and as deep as forecast".

    The statistic is the sum of such losses, each over its day's expected shortfall; it is simulated from the forecasts.
    """
    days, points = forecasts.tails.shape
    losses, depths = -returns, forecasts.tails / forecasts.shortfalls[:, None]
    seen = (losses / forecasts.shortfalls)[losses > forecasts.limits].sum()
    random = np.random.default_rng(seed)
    hits = random.random((REPEATS, days)) < level
    row, day = np.nonzero(hits)
    sums = np.bincount(row, depths[day, random.integers(points, size=len(day))], minlength=REPEATS)
    return float((sums >= seen).mean())


def _likelihood(hits: float, days: float, chance: float) -> float:
    return float(xlogy(hits, chance) + xlogy(days - hits, 1 - chance))


def _p(above: float) -> float:
    """Return the p value of how much more likely one more parameter makes the days."""
    return float(chi2.sf(max(2 * above, 0.0), 1))
