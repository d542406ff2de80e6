"""The share who are still there after each time, with its interval, from lifetimes of which some have not ended.

Kaplan and Meier, "Nonparametric estimation from incomplete observations" (1958); with delayed entry, Klein and
Moeschberger, "Survival Analysis" (2003), section 4.6. The interval is of log(-log S), with Greenwood's variance.

Reference: statsmodels.duration.survfunc.SurvfuncRight, shares within 1e-12.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NORMAL = 1.959963984540054  # 97.5 % of a normal distribution


class Curve(NamedTuple):
    """Times of an event, how many were at risk and left then, the share who are left, and its 95 % interval."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the share at a time, and its interval."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.share[place]), float(self.low[place]), float(self.high[place])

    def median(self) -> float:
        """Return the first time at which half have left, or infinity."""
        below = np.flatnonzero(self.share <= 0.5)
        return float(self.times[below[0]]) if len(below) else np.inf


def fit(time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None) -> Curve:
    """Return the curve of lifetimes.

    time: at which each was last seen. event: 1 where it ended then, 0 where it goes on. entry: after which time each
    was under observation; by default from 0 on. All of shape (n,).
    """
    entry = np.full(len(time), -np.inf) if entry is None else entry
    times = np.unique(time[event == 1])
    # At risk at t: those with entry < t <= time.
    at_risk = np.searchsorted(np.sort(entry), times, side="left") - np.searchsorted(np.sort(time), times, side="left")
    events = np.searchsorted(np.sort(time[event == 1]), times, "right") - np.searchsorted(
        np.sort(time[event == 1]), times, "left"
    )
    share = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        width = NORMAL * np.sqrt(variance) / np.abs(np.log(share))
        low, high = (np.nan_to_num(share ** np.exp(sign * width)) for sign in (1, -1))
    return Curve(times, at_risk, events, share, low, high)
