"""The bidder that knows what its money is worth later: dynamic programming over auctions left and money left.

Source: Cai et al., "Real-time bidding by reinforcement learning in display advertising" (WSDM 2017), equations 7 to 12.
V(t, b) is the number of clicks that t auctions give for b. With m(d), how likely market price d is, and the mean CTR,

    V(t, b) = V(t-1, b) + sum over d <= b of m(d) max(0, CTR + V(t-1, b-d) - V(t-1, b)).

The bid for an impression is the most that may be paid so that its own CTR outweighs what is lost of V(t-1, .).

Reference: all bids tried, 1e-6; the authors' printed result: clicks exactly, wins and cost within 0.1 %.
"""

from __future__ import annotations

import numpy as np

from models.auctions.replay import Bid

HORIZON = 200  # auctions; for more, money and auctions are divided by the same number
RICH = 80  # money of an auction; more buys nothing


def table(prices: np.ndarray, ctr: float, auctions: int, money: int) -> np.ndarray:
    """Return V, shape (auctions + 1, money + 1), float32. prices: how often each was seen. ctr: the mean."""
    likely = prices / prices.sum()
    value = np.zeros((auctions + 1, money + 1))
    gain, width = np.empty(money + 1), money + 1
    for left in range(1, auctions + 1):
        past, now = value[left - 1], value[left]
        now[:] = past
        for price in np.flatnonzero(likely[:width]):
            part = gain[price:]
            np.subtract(past[: width - price], past[price:], out=part)
            part += ctr
            np.maximum(part, 0, out=part)
            part *= likely[price]
            now[price:] += part
    return value.astype(np.float32)


class Values:
    """Bids by such a table."""

    def __init__(self, value: np.ndarray, highest: int):
        """highest: the highest price that was ever seen; a bid above it wins no more."""
        self.value, self.highest = value, highest

    def campaign(self, money: int) -> Bid:
        """Return the bid function: what is left says all, so it is the same for every budget."""
        return self.bid

    def bid(self, left: int, budget: np.ndarray, ctr: np.ndarray) -> np.ndarray:
        """Return the bids, shape (n,). left: auctions, this one included. budget, ctr: shapes (n,)."""
        row, scale = self.later(left)
        money = self.scaled(budget, scale)
        # The most that may be paid is b - k, for the least k (`kept`) with V(t-1, k) >= V(t-1, b) - CTR (`wanted`):
        # then the click outweighs what is lost of later ones. Between two entries of the table, V is a line.
        wanted = worth(row, money) - np.asarray(ctr) / scale
        above = np.searchsorted(row, wanted.astype(np.float32)).clip(1, len(row) - 1)
        low, high = row[above - 1].astype(float), row[above].astype(float)
        kept = above - 1 + np.clip((wanted - low) / np.maximum(high - low, 1e-12), 0, 1)
        kept = np.where(wanted <= 0, 0, kept)
        return np.asarray(np.minimum(np.floor((money - kept) * scale + 1e-6), np.minimum(budget, self.highest)))

    def gains(self, left: int, budget: float, ctr: float, prices: np.ndarray) -> np.ndarray:
        """Return what each price would gain, in clicks: the CTR less what the money would have bought later."""
        row, scale = self.later(left)
        money = self.scaled(np.array([budget]), scale)
        after = np.maximum(money - prices / scale, 0)
        return np.asarray(ctr - scale * (worth(row, money) - worth(row, after)))

    def later(self, left: int) -> tuple[np.ndarray, float]:
        """Return V of the auctions after this one, and by what money and auctions are divided."""
        longest = len(self.value) - 1
        row: np.ndarray = self.value[min(left, longest) - 1]
        return row, max(1.0, left / longest)

    def scaled(self, budget: np.ndarray, scale: float) -> np.ndarray:
        """Return the money in the table's scale, shape (n,); what is beyond it buys nothing more."""
        return np.asarray(np.minimum(np.asarray(budget) / scale, self.value.shape[1] - 1))


def worth(row: np.ndarray, money: np.ndarray) -> np.ndarray:
    """Return V between the whole units of money, shape (n,)."""
    low = money.astype(int)
    part = money - low
    return np.asarray(row[low] * (1 - part) + row[np.minimum(low + 1, len(row) - 1)] * part)
