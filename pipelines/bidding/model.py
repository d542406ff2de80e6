"""What is served: the bid for an impression, what it is expected to bring, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from pipelines.bidding.protocol import DIVISORS, EPISODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capstan.contract.model import Columns
    from models.auctions.bidders import Bidder
    from models.auctions.values import Values

CURVE_STEPS, CURVE_LEAST = 20, 20  # of the curve of gains: how many, and how far it goes at least
DONE = "the budget is spent"


class BidModel(Model):
    """A bidder, the prices that were seen before, and the bidders that the gate compares it with."""

    inputs = {"ctr": "double", "bidfloor": "double", "budget_left": "double", "auctions_left": "long"}
    requirements = ("numpy",)
    steady = True

    def __init__(
        self,
        bidder: Bidder,
        values: Values,
        prices: np.ndarray,
        mean_cost: float,
        known: tuple[float, float],
        baselines: Mapping[str, Bidder],
    ):
        """bidder: what is judged; it is `values`, but for controls. prices: how often each was seen, from 0 on.
        mean_cost: of an auction, before. known: the lowest and highest predicted CTR of the auctions learned from.
        """
        self.bidder, self.values, self.prices, self.known = bidder, values, prices, known
        self.baselines: dict[str, Any] = dict(baselines)
        self.price_probability, self.all_prices = prices / prices.sum(), np.arange(len(prices))
        self.wins = np.cumsum(self.price_probability)  # the probability to win, by the bid
        self.wins[-1] = 1.0
        self.costs = np.cumsum(self.price_probability * self.all_prices)  # what an auction costs then
        self.tried_money = mean_cost / DIVISORS[-1], mean_cost / DIVISORS[0]  # for an auction

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the fields of a prediction, by the fields of a request."""
        names = ("ctr", "bidfloor", "budget_left", "auctions_left")
        rows = [self.answer(*row) for row in zip(*(columns[name] for name in names), strict=True)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def price(self, ctr: float, budget: float, left: int) -> int:
        """Return the bid, without a floor."""
        return int(self.values.bid(left, np.array([budget]), np.array([ctr]))[0])

    def answer(self, ctr: float, floor: float, budget: float, left: int) -> dict[str, Any]:
        """Return the prediction of one row."""
        price = self.price(ctr, budget, left)
        because = self.reason(price, floor, budget, left)
        offered = price if price > 0 and price >= floor else 0
        wins = self.win(offered) if offered else 0.0
        # The gain of a bid is the sum over market prices up to it: the probability of the price, times what it gains.
        gained = np.cumsum(self.price_probability * self.values.gains(left, budget, ctr, self.all_prices))
        shown = np.linspace(0, np.clip(2 * price, CURVE_LEAST, len(gained) - 1), CURVE_STEPS + 1).astype(int)
        # In a second-price auction, the floor is paid where the market price is below it.
        below = self.win(floor) * floor - self.cost(floor) if floor else 0.0
        return {
            "decision": "bid" if offered else "no bid",
            "price": offered,
            "win_probability": wins,
            "expected_clicks": ctr * wins,
            "expected_cost": self.cost(offered) + below if offered else 0.0,
            "a_click_may_cost": offered / ctr,
            "because": because,
            "gains": np.column_stack([shown, 1_000 * gained[shown]]).round(5).tolist(),
            "unusual": self.unusual(ctr, floor, budget, left),
        }

    def win(self, price: float) -> float:
        """Return the probability that a bid wins, as prices were before."""
        return float(self.wins[min(int(price), len(self.wins) - 1)])

    def cost(self, price: float) -> float:
        """Return what a bid costs on average, won or not."""
        return float(self.costs[min(int(price), len(self.costs) - 1)])

    def reason(self, price: float, floor: float, budget: float, left: int) -> str:
        """Return why this is the bid, in words."""
        if budget < 1:
            return f"No bid: {DONE}."
        rate = f"{budget:,.0f} for {left:,} auction{'s' if left > 1 else ''} are {budget / left:.2f} for each"
        if price == 0:
            return f"No bid: {rate}, and later impressions are worth more."
        if price < floor:
            return f"No bid: it is worth {price}, and the floor is {floor:g}. {rate.capitalize()}."
        if price == int(budget):
            return f"All that is left: {rate}, and nothing better is expected for it."
        if price == self.values.highest:
            return f"{rate}: no market price above {price} is known, so a higher bid would win no more."
        return f"{rate}: above {price}, the money is expected to buy more clicks later."

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
        elif budget / left > self.values.highest:
            warnings.append("more money than the auctions that are left can cost")
        return warnings
