"""What is served: the prices of a shelf, what they earn, and how sure that is."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from models.pricing import shelf_search
from models.pricing.shelf import Choices, profit
from pipelines.pricing import rules, shelves, weeks
from pipelines.pricing.columns import (
    APPROVALS,
    BRANDS,
    COUNT,
    HIGHEST,
    HISTORY,
    LOWEST,
    PAST,
    PAST_WEEKS,
    STORE,
)
from pipelines.pricing.demand import Demand
from pipelines.pricing.shelves import Shelves

DRAWS = 200  # of the elasticities
TAILS = (0.1, 0.9)
AROUND = np.round(np.linspace(0.8, 1.2, 17), 3)  # of the price now: where curves are drawn
LONGEST_GAP = 13  # weeks since the last known one: a quarter
FAR = 1.0001  # what counts as beyond a price that was seen


class Shelf(NamedTuple):
    """A shelf before its week. Shapes: (11,). sold: expected packages at the prices `now`. low, high: prices seen."""

    store: int
    now: np.ndarray
    cost: np.ndarray
    sold: np.ndarray
    elasticity: np.ndarray
    free: np.ndarray
    low: np.ndarray
    high: np.ndarray


class PricingModel(Model):
    """The demand of each store, and the search for prices."""

    inputs = {
        **{STORE: "long", "week": "string", "brand": "string", "featured": "string[]", "deals": "string[]"},
        **{"prices": "double[]", "costs": "double[]", "most_change": "double", PAST_WEEKS: "long[]"},
        **dict.fromkeys(HISTORY.values(), "double[]"),
        **{LOWEST: "double[]", HIGHEST: "double[]", APPROVALS: "string[]"},
    }
    requirements = ("numpy",)
    steady = True

    def __init__(self, demand: Demand, rivals: dict[str, Any]):
        """rivals: simpler forecasts of the same weeks, by name."""
        self.demand, self.rivals = demand, rivals

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the fields of `Prediction`, one item per row."""
        answers = []
        for row in range(len(columns[STORE])):
            given = {name: columns[name][row] for name in self.inputs}
            answers.append(self.answer(given, row))
        return {name: [one[name] for one in answers] for name in answers[0]} if answers else {}

    def shelf(self, request: dict[str, Any], row: int = 0) -> Shelf:
        """Return the shelf that a request is about. Raises InvalidRow for a store that nothing is known of."""
        store = int(request[STORE])
        if request[PAST_WEEKS] is None or len(request[PAST_WEEKS]) == 0 or self.demand.places(np.array([store]))[0] < 0:
            raise InvalidRow(
                f"store {store} has no history of {PAST} weeks: nothing is known of its demand", row, STORE
            )
        week, last = weeks.number(date.fromisoformat(request["week"])), int(request[PAST_WEEKS][-1])
        if week <= last:
            raise InvalidRow(f"the week is over: store {store} is known up to that of {weeks.start(last)}", row, "week")
        if week - last > LONGEST_GAP:
            raise InvalidRow(f"the last week known of store {store} began on {weeks.start(last)}", row, "week")
        past = shelves.history({name: [request[name]] for name in (STORE, PAST_WEEKS, *HISTORY.values())})
        now = np.array(request["prices"], float) if len(request["prices"]) else shelves.usual(past)[0]
        cost = np.array(request["costs"], float) if len(request["costs"]) else shelves.usual_cost(past)[0]
        featured, deal = (np.isin(BRANDS, list(request[name])) for name in ("featured", "deals"))
        rows = Shelves(
            *(np.array([store]), np.array([week]), now[None], past.price[-1:], cost[None]),
            *(deal[None].astype(float), featured[None].astype(float), np.zeros((1, COUNT))),
        )
        sold = (np.exp(self.demand.forecast(rows, past)) * self.demand.lift)[0]
        low, high = (np.array(list(request[name]), float) for name in (LOWEST, HIGHEST))
        return Shelf(store, now, cost, sold, self.demand.elasticities(rows.store)[0], ~featured, low, high)

    def proposed(self, shelf: Shelf, change: float) -> np.ndarray:
        """Return the prices that earn most, shape (11,). A featured brand keeps its price."""
        tried = rules.choices(shelf.now, shelf.cost, change)
        kept = shelf.free[tried.brand] | (tried.price == shelf.now[tried.brand])
        tried = Choices(tried.brand[kept], tried.price[kept])
        return shelf_search.best(shelf.now, shelf.sold, shelf.cost, shelf.elasticity, tried, rules.ORDER)

    def answer(self, request: dict[str, Any], row: int = 0) -> dict[str, Any]:
        """Return the prediction of one request."""
        shelf = self.shelf(request, row)
        change = float(request["most_change"])
        prices = self.proposed(shelf, change)
        drawn = self.demand.drawn(shelf.store, DRAWS, seed=shelf.store)
        luck = np.exp(self.demand.noise * np.random.default_rng(shelf.store).normal(size=(DRAWS, COUNT)))
        luck /= np.exp(self.demand.noise**2 / 2)

        def earned(some: np.ndarray, elasticity: np.ndarray = shelf.elasticity) -> np.ndarray:
            return profit(some, shelf.now, shelf.sold, shelf.cost, elasticity)

        expected, before = earned(prices), earned(shelf.now)
        profits = (earned(prices, drawn) * luck).sum(axis=1)
        gains = (earned(prices, drawn) - before).sum(axis=1)
        packages = shelf.sold * np.exp(shelf.elasticity @ np.log(prices / shelf.now))
        asked = [self.approval(shelf, prices, brand) for brand in range(COUNT)]
        proposals = [
            {"brand": name, "now": money(now), "proposed": money(price), "packages": round(float(count), 1)}
            | {"profit": money(gained), "approval": why}
            for name, now, price, count, gained, why in zip(
                BRANDS, shelf.now, prices, packages, expected, asked, strict=True
            )
        ]
        (low, high), (least, most) = (np.quantile(one, TAILS) for one in (profits, gains))
        return {
            "proposals": proposals,
            **{"profit": money(expected.sum()), "profit_low": money(low), "profit_high": money(high)},
            **{"gain": money(expected.sum() - before.sum()), "gain_low": money(least), "gain_high": money(most)},
            **self.curves(shelf, prices, change, drawn, luck, BRANDS.index(request["brand"])),
            "needs_approval": any(asked),
            "approvals": [str(one) for one in request[APPROVALS]] if request[APPROVALS] is not None else [],
        }

    def approval(self, shelf: Shelf, prices: np.ndarray, brand: int) -> str:
        """Return why a person has to approve a price, "" where nobody has to."""
        price, low, high = prices[brand], shelf.low[brand], shelf.high[brand]
        if price > high * FAR:
            return f"above {high:.2f}, the most that this store has asked"
        return f"below {low:.2f}, the least that this store has asked" if price * FAR < low else ""

    def curves(
        self, shelf: Shelf, prices: np.ndarray, change: float, drawn: np.ndarray, luck: np.ndarray, brand: int
    ) -> dict[str, Any]:
        """Return demand and profit by the price of one brand, with bands, and what not knowing demand costs."""
        grid = np.round(shelf.now[brand] * AROUND, 2)
        tried = np.repeat(prices[None], len(grid), axis=0)
        tried[:, brand] = grid
        changes = np.log(tried / shelf.now)
        packages = shelf.sold[brand] * np.exp(changes @ shelf.elasticity[brand])
        spread = shelf.sold[brand] * np.exp(changes @ drawn[:, brand].T) * luck[:, brand]
        profits = profit(tried, shelf.now, shelf.sold, shelf.cost, shelf.elasticity).sum(axis=-1)
        by_draw = profit(tried[:, None], shelf.now, shelf.sold, shelf.cost, drawn).sum(axis=-1)
        kept = profit(prices, shelf.now, shelf.sold, shelf.cost, drawn).sum(axis=-1)
        allowed = (np.abs(AROUND - 1) <= change + 1e-9) & (grid > shelf.cost[brand])
        lost = np.maximum(by_draw[allowed].max(axis=0, initial=-np.inf) - kept, 0).mean() * shelf.free[brand]
        return {
            "cost_of_error": money(lost),
            "elasticity": round(float(shelf.elasticity[brand, brand]), 2),
            "demand": banded(grid, packages, spread),
            "earned": banded(grid, profits, by_draw),
        }


def banded(grid: np.ndarray, middle: np.ndarray, drawn: np.ndarray) -> list[list[float]]:
    """Return points [x, y, low, high]. drawn: shape (n, draws)."""
    low, high = np.quantile(drawn, TAILS, axis=1)
    points = np.column_stack([grid, middle, np.minimum(low, middle), np.maximum(high, middle)])
    return [[round(float(value), 2) for value in point] for point in points]


def money(dollars: float) -> float:
    """Return dollars with cents."""
    return round(float(dollars), 2)
