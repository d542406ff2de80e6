"""What is served: the bid for an impression, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from pipelines.bidding.protocol import DIVISORS, EPISODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capstan.contract.model import Columns
    from models.auctions.bidders import Bidder

CURVE_STEPS, CURVE_LEAST = 20, 20  # of the curve of costs: how many, and how far it goes at least


class BidModel(Model):
    """A bidder, the prices that were seen before, and the bidders that the gate compares it with."""

    inputs = {"ctr": "double", "bidfloor": "double", "budget_left": "double", "auctions_left": "long"}
    requirements = ("numpy",)
    steady = True

    def __init__(
        self,
        bidder: Bidder,
        prices: np.ndarray,
        mean_ctr: float,
        mean_cost: float,
        known: tuple[float, float],
        baselines: Mapping[str, Bidder],
    ):
        """prices: how often each was seen, from 0 on. mean_ctr, mean_cost: of an auction, before.

        known: the lowest and highest predicted CTR of the auctions learned from.
        """
        self.bidder, self.mean_ctr, self.known, self.baselines = bidder, mean_ctr, known, dict(baselines)
        self.highest = len(prices) - 1  # a bid above it wins no more
        self.costs = np.cumsum(prices / prices.sum() * np.arange(len(prices)))  # of an auction, by the bid
        self.tried_money = mean_cost / DIVISORS[-1], mean_cost / DIVISORS[0]  # for an auction

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the fields of a prediction, by the fields of a request."""
        names = ("ctr", "bidfloor", "budget_left", "auctions_left")
        rows = [self.answer(*row) for row in zip(*(columns[name] for name in names), strict=True)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def price(self, ctr: float, budget: float, left: int) -> int:
        """Return the bid, without a floor."""
        bid = self.bidder.campaign(int(budget))(left, np.array([budget]), np.array([ctr]))
        return int(min(float(bid[0]), budget, self.highest))

    def answer(self, ctr: float, floor: float, budget: float, left: int) -> dict[str, Any]:
        """Return the prediction of one row."""
        price = self.price(ctr, budget, left)
        offered = price if price > 0 and price >= floor else 0
        shown = np.linspace(0, np.clip(2 * price, CURVE_LEAST, self.highest), CURVE_STEPS + 1).astype(int)
        return {
            "decision": "bid" if offered else "no bid",
            "price": offered,
            "a_click_may_cost": offered / ctr,
            "because": self.reason(price, ctr, floor, budget, left),
            "costs": np.column_stack([shown, self.costs[shown]]).round(4).tolist(),
            "unusual": self.unusual(ctr, floor, budget, left),
        }

    def reason(self, price: float, ctr: float, floor: float, budget: float, left: int) -> str:
        """Return why this is the bid, in words."""
        if budget < 1:
            return "No bid: the budget is spent."
        rate = f"{budget:,.0f} for {left:,} auction{'s' if left > 1 else ''} are {budget / left:.2f} for each"
        if price == 0:
            return f"No bid: {rate}, and the predicted CTR is {ctr / self.mean_ctr:.2f} times the usual one."
        if price < floor:
            return f"No bid: it is worth {price}, and the floor is {floor:g}. {rate.capitalize()}."
        if price == int(budget):
            return f"All that is left: {rate}."
        if price == self.highest:
            return f"{rate}: no market price above {price} is known, so a higher bid would win no more."
        usual = self.price(self.mean_ctr, budget, left)
        return (
            f"{rate}. A bid of {usual} for the usual CTR would cost about that, as prices were; this CTR is "
            f"{ctr / self.mean_ctr:.2f} times the usual one."
        )

    def unusual(self, ctr: float, floor: float, budget: float, left: int) -> list[str]:
        """Return what lies beyond the auctions that the bidder was tried on."""
        warnings = []
        if not self.known[0] <= ctr <= self.known[1]:
            warnings.append(f"a CTR beyond {self.known[0]:.4f} to {self.known[1]:.4f}")
        if floor:
            warnings.append("a floor: the log has none")
        if left > EPISODE:
            warnings.append(f"more than {EPISODE:,} auctions left")
        low, high = self.tried_money
        if left == EPISODE and not low * 0.99 <= budget / left <= high * 1.01:
            warnings.append(f"a budget beyond {low:.2f} to {high:.2f} for each auction")
        elif budget / left > self.highest:
            warnings.append("more money than the auctions that are left can cost")
        return warnings
