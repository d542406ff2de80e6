"""What a ranker sees of each stock at a close: returns over horizons, volatility, distance to the year's high."""

from __future__ import annotations

import numpy as np

PAST = 253  # closes that everything here, and every served strategy, can do with
HORIZONS = (1, 5, 21, 63, 126, 252)  # days
SPREADS = (21, 63)
INDICATORS = (
    *(f"return_{days}" for days in HORIZONS),
    *(f"volatility_{days}" for days in SPREADS),
    "below_high",
)
NEXT = "next_returns"  # of each stock over the month after: what a ranker learns


def indicators(closes: np.ndarray) -> dict[str, np.ndarray]:
    """Return each indicator of the last day by stock, shape (n,). closes: shape (PAST or more, n).

    Returns are simple ones, volatility is the standard deviation of daily log returns, `below_high` the close over the
    highest one of the year.
    """
    closes = closes[-PAST:]
    moves = np.diff(np.log(closes), axis=0)
    columns = {f"return_{days}": closes[-1] / closes[-1 - days] - 1 for days in HORIZONS}
    columns |= {f"volatility_{days}": moves[-days:].std(axis=0) for days in SPREADS}
    return columns | {"below_high": closes[-1] / closes.max(axis=0)}
