"""The log as it would have been with another bidder: second-price auctions, a budget for each run of them.

Protocol: Cai et al., "Real-time bidding by reinforcement learning in display advertising" (WSDM 2017), section 5. An
auction is won where the bid is at least the market price, which is then paid. The log has only the auctions that its
own bidder won, with their prices: market prices above that bidder's bids are missing.

Reference: the wins, clicks and cost that the authors print for a constant cost of a click, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

NEVER = 2**31  # the market price of the places after the end of the log

# auctions left, an integer; money left and predicted CTR of each episode, shapes (m,) -> bids, shape (m,)
Bid = Callable[[int, np.ndarray, np.ndarray], np.ndarray]


class Episodes(NamedTuple):
    """Clicks, market prices and predicted CTR of auctions, shapes (episodes, auctions of each)."""

    click: np.ndarray
    price: np.ndarray
    ctr: np.ndarray


class Outcome(NamedTuple):
    """What a bidder has of each episode, shapes (m,): auctions won, clicks, money spent, and clicks as predicted."""

    wins: np.ndarray
    clicks: np.ndarray
    spent: np.ndarray
    expected: np.ndarray


class Moves(NamedTuple):
    """Each bid of a replay, shapes (episodes, auctions of each): money left before it, the bid, and whether it won."""

    money: np.ndarray
    bid: np.ndarray
    won: np.ndarray


def moves(log: Episodes, bid: Bid, money: int) -> Moves:
    """Return every bid, where each episode begins with the same money. No bid is above what is left."""
    count, length = log.price.shape
    shape = count, length
    found = Moves(np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape, bool))
    left = np.full(count, money)
    for step in range(length):
        found.money[:, step] = left
        found.bid[:, step] = np.minimum(np.floor(bid(length - step, left, log.ctr[:, step])), left)
        found.won[:, step] = found.bid[:, step] >= log.price[:, step]
        left = left - np.where(found.won[:, step], log.price[:, step], 0)
    return found


def outcome(log: Episodes, won: np.ndarray) -> Outcome:
    """Return what the auctions that were won amount to."""
    parts = (won, won * log.click, np.where(won, log.price, 0), won * log.ctr)
    return Outcome(*(part.sum(axis=1) for part in parts))


def replay(log: Episodes, bid: Bid, money: int) -> Outcome:
    """Return what a bidder gets of each episode."""
    return outcome(log, moves(log, bid, money).won)
