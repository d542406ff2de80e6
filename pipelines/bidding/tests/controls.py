"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from pipelines.bidding import training
from pipelines.bidding.model import BidModel
from tests.support.controls import Parts, Tables

SETTINGS: dict[str, object] = {}


def other_ctr(data: Parts) -> Parts:
    """Return auctions whose predicted CTR is that of others: the bids follow what says nothing."""
    random = np.random.default_rng(0)
    halves = [
        part | {"auctions": part["auctions"].assign(ctr=random.permutation(part["auctions"]["ctr"]))} for part in data
    ]
    return halves[0], halves[1]


def tenth(data: Parts) -> Parts:
    """Return prices that somebody wrote in tens."""
    prices = data[0]["prices"]
    counts = prices.assign(price=prices["price"] // 10).groupby("price", as_index=False)["count"].sum()
    return data[0] | {"prices": counts}, data[1]


def few(data: Parts) -> Parts:
    """Return 1,000 prices in the place of 312,437."""
    prices = data[0]["prices"]
    drawn = np.random.default_rng(0).multinomial(1_000, prices["count"] / prices["count"].sum())
    return data[0] | {"prices": prices.assign(count=drawn.astype(float))}, data[1]


def mirrored(data: Parts) -> Parts:
    """Return prices in the order of others: what is rare is called usual."""
    prices = data[0]["prices"]
    return data[0] | {"prices": prices.assign(count=prices["count"].to_numpy()[::-1])}, data[1]


CONTROLS = {
    "CTR of other impressions": other_ctr,
    "prices in tens": tenth,
    "prices mirrored": mirrored,
    "1,000 prices": few,
}


def baseline(past: Tables) -> BidModel:
    """Return bids that are paced, and do not know the CTR, in the place of the bidder."""
    return training.fit(past, "paced, without the CTR")
