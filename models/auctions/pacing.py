"""How many auctions a campaign has left, by the clock and by the traffic that came lately.

A bidder that knows what is left of money and auctions paces itself. What it needs is a forecast of the auctions; a
controller corrects it by how many came, compared with how many were expected.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SLOTS = 48  # of a campaign: half hours, where it lasts a day
# The share of the traffic of each slot: little at night, most in the afternoon. It is made up; the log has no times.
TRAFFIC = 1 - 0.7 * np.cos(2 * np.pi * (np.arange(SLOTS) - 8) / SLOTS)
TRAFFIC = TRAFFIC / TRAFFIC.sum()
REACHED = np.concatenate([[0.0], np.cumsum(TRAFFIC)])
SURE = 50  # auctions that are as good as seen, at the rate that was expected


class Plan(NamedTuple):
    """A campaign: its money, the auctions that are expected, its first second, and how many it lasts."""

    budget: int
    auctions: int
    start: float
    seconds: float

    def done(self, now: float) -> float:
        """Return which part of its time is over, from 0 to 1."""
        return min(max((now - self.start) / self.seconds, 0.0), 1.0)

    def slot(self, now: float) -> int:
        """Return the slot of a time, from 0 on."""
        return min(int(self.done(now) * SLOTS), SLOTS - 1)

    def expected(self, now: float) -> float:
        """Return how many auctions were expected until then."""
        position = self.done(now) * SLOTS
        low = min(int(position), SLOTS - 1)
        return float(self.auctions * (REACHED[low] + (position - low) * TRAFFIC[low]))


def auctions_left(plan: Plan, now: float, lately: int, seen: int) -> int:
    """Return how many auctions are left, at least 1. lately: those seen in this slot and the one before it. seen: all.

    More than the forecast are expected only where both say so: a burst that is over is not in what came lately, and one
    that has just begun is little of what came all day.
    """
    begun, until = plan.auctions * REACHED[max(plan.slot(now) - 1, 0)], plan.expected(now)
    rate = min((lately + SURE) / (until - begun + SURE), (seen + SURE) / (until + SURE))
    return max(int((plan.auctions - until) * rate), 1)
