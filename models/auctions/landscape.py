"""How often each market price comes, from what a bidder itself sees: a price where it won, else only that it was more.

An auction that is lost at a bid is a lifetime that is censored there: Kaplan and Meier (1958), as Zhang et al.,
"Bid-aware gradient descent for unbiased learning with censored data" (KDD 2016), section 3.1, use them.
"""

from __future__ import annotations

import numpy as np

from models.survival import kaplan_meier


def of_wins(bid: np.ndarray, price: np.ndarray, highest: int) -> np.ndarray:
    """Return the probability of each price from 0 to `highest`, shape (highest + 1,).

    bid, price: of auctions, shapes (n,); a price above the bid is not used. What is above every bid counts as highest.
    """
    won = bid >= price
    curve = kaplan_meier.fit(np.where(won, price, bid).astype(float), won.astype(int))
    above = np.array([curve.at(amount)[0] for amount in range(highest)])
    return -np.diff(np.concatenate([[1.0], above, [0.0]]))


def of_won_alone(bid: np.ndarray, price: np.ndarray, highest: int) -> np.ndarray:
    """Return the same from the auctions that were won alone, as if the others had never been."""
    counts = np.bincount(np.minimum(price[bid >= price], highest), minlength=highest + 1)
    return np.asarray(counts / counts.sum())
