"""When a strategy decides. The first trading day of a month is known at its close; the last one is known only later."""

from __future__ import annotations

import numpy as np

from pipelines.trading.engine import Past


def begins(past: Past, period: str) -> bool:
    """Return whether today is the first trading day of its period, such as "M"; of a week, "W", that begins on Monday.

    The first day of all begins no period: what came before is not known.
    """
    if len(past.days) < 2:
        return False
    today, before = past.days[-1], past.days[-2]
    if period == "W":  # numpy's weeks begin on Thursdays, as 1970 did
        today, before = today + 3, before + 3
    return bool(today.astype(f"datetime64[{period}]") != before.astype(f"datetime64[{period}]"))


def equal(chosen: np.ndarray) -> np.ndarray:
    """Return the same weight for each chosen stock. chosen: booleans, shape (n,)."""
    return np.asarray(chosen / max(int(chosen.sum()), 1), float)
