"""How likely a bid is to win: from prices of the days before, and from recent prices of impressions of such a CTR.

Here every price is known. A bidder knows only those that it paid.
"""

from __future__ import annotations

import numpy as np

from capstan.study import Line
from models.metrics import binary

PARTS, PRIOR = 10, 100  # parts by CTR, and how many auctions the prices of all parts count for in each
LAST, EVERY = 5_000, 1_000  # auctions that are learned from, and how often


def by_ctr(price: np.ndarray, ctr: np.ndarray, everywhere: np.ndarray, bid: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the probability that each bid wins for an impression with CTR `of`, shape (n,), learned from auctions.

    price, ctr: of these auctions. everywhere: the probability of each price, from 0 on.
    """
    edges = np.quantile(ctr, np.linspace(0, 1, PARTS + 1)[1:-1])
    parts, highest = np.searchsorted(edges, ctr), len(everywhere) - 1
    curves = []
    for part in range(PARTS):
        counts = np.bincount(np.minimum(price[parts == part].astype(int), highest), minlength=highest + 1)
        curves.append(np.cumsum(counts + PRIOR * everywhere) / (counts.sum() + PRIOR))
    return np.asarray(np.minimum(np.array(curves)[np.searchsorted(edges, of), np.minimum(bid, highest)], 1.0))


def by_recent(price: np.ndarray, ctr: np.ndarray, everywhere: np.ndarray, bid: np.ndarray) -> np.ndarray:
    """Return the same, learned again after each 1,000 auctions from the 5,000 before; NaN for the first 5,000."""
    probability = np.full(len(bid), np.nan)
    for start in range(LAST, len(bid), EVERY):
        seen, asked = slice(start - LAST, start), slice(start, start + EVERY)
        probability[asked] = by_ctr(price[seen], ctr[seen], everywhere, bid[asked], ctr[asked])
    return probability


def judged(likely: np.ndarray, won: np.ndarray) -> Line:
    """Return the ROC AUC, the Brier score and that of a constant, and the largest error of the mean of a tenth."""
    scores = binary.score(won, likely)
    tenths = np.array_split(np.argsort(likely, kind="stable"), 10)
    error = max(abs(likely[rows].mean() - won[rows].mean()) for rows in tenths)
    constant = float(won.mean() * (1 - won.mean()))
    return {"roc_auc": scores["roc_auc"], "brier": scores["brier"], "constant": constant, "worst": float(error)}
