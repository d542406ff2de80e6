"""What is served: the prices of a shelf, what they earn, and how sure that is."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from data_sets import orange_juice_weeks as weeks
from models.pricing import price_region, price_trial, shelf_search
from models.pricing.price_region import Seen
from models.pricing.shelf import Choices, profit
from pipelines.pricing import approvals, rules, shelves
from pipelines.pricing.columns import APPROVALS, BRANDS, COUNT, HISTORY, PAST, PAST_WEEKS, SEEN, STORE
from pipelines.pricing.demand import Demand
from pipelines.pricing.evidence import SURE, Evidence
from pipelines.pricing.shelves import Shelves

WIDTH = 1.2816  # standard deviations on each side: a normal interval of 80 %
AROUND = np.round(np.linspace(0.8, 1.2, 17), 3)  # of the usual price: where curves are drawn
LONGEST_GAP = 13  # weeks since the last known one: a quarter
CHANGE, KEEP = "change", "keep the usual prices"
UNSURE = "the data cannot carry a change: the most that one is expected to gain is {:.2f} ({:.2f} to {:.2f})"
NOTHING = "no change within the bounds is expected to gain"
FEATURED, UNPROVEN = "advertised", "not proven"


class Shelf(NamedTuple):
    """A shelf before its week. Shapes: (11,). base: usual prices, and those of advertisements. now: as the request
    has them. sold: expected packages at `base`. free: whether a brand is in no advertisement.
    """

    store: int
    base: np.ndarray
    now: np.ndarray
    cost: np.ndarray
    sold: np.ndarray
    elasticity: np.ndarray
    free: np.ndarray
    seen: Seen

    @property
    def of(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the profit of prices follows."""
        return self.base, self.sold, self.cost, self.elasticity


class PricingModel(Model):
    """The demand of each store with its evidence, and the search for prices."""

    inputs = {
        **{STORE: "long", "week": "string", "brand": "string", "featured": "string[]", "deals": "string[]"},
        **{"prices": "double[]", "costs": "double[]", "most_change": "double", PAST_WEEKS: "long[]"},
        **dict.fromkeys([*HISTORY.values(), *SEEN], "double[]"),
        APPROVALS: "string[]",
    }
    requirements = ("numpy",)
    steady = True

    def __init__(self, demand: Demand, evidence: Evidence, rivals: dict[str, Any]):
        """rivals: simpler forecasts of the same weeks, by name."""
        self.demand, self.evidence, self.rivals = demand, evidence, rivals

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the fields of `Prediction`, one item per row."""
        answers = []
        for row in range(len(columns[STORE])):
            request = {name: columns[name][row] for name in self.inputs}
            answers.append(self.answer(request, row))
        return {name: [answer[name] for answer in answers] for name in answers[0]} if answers else {}

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
        seen = Seen(*(np.array(list(request[name]), float) for name in SEEN))
        past = shelves.history({name: [request[name]] for name in (STORE, PAST_WEEKS, *HISTORY.values(), SEEN[0])})
        now = np.array(request["prices"], float) if len(request["prices"]) else seen.usual
        cost = np.array(request["costs"], float) if len(request["costs"]) else shelves.usual_cost(past)[0]
        featured, deal = (np.isin(BRANDS, list(request[name])) for name in ("featured", "deals"))
        base = np.where(featured, now, seen.usual)
        rows = Shelves(
            *(np.array([store]), np.array([week]), base[None], past.price[-1:], cost[None]),
            *(deal[None].astype(float), featured[None].astype(float), np.zeros((1, COUNT)), seen.usual[None]),
        )
        sold = (np.exp(self.demand.forecast(rows, past)) * self.demand.lift)[0]
        return Shelf(store, base, now, cost, sold, self.demand.elasticities(rows.store)[0], ~featured, seen)

    def proposed(self, shelf: Shelf, change: float = rules.MOST_CHANGE, sure: bool = True) -> np.ndarray:
        """Return the prices whose gain is highest at the low end of its interval, shape (11,): the base prices where
        that is below zero. Only brands move whose predictions came true. sure: else, the gain that is expected counts.
        """
        tried = self.tried(shelf, shelf.free & self.evidence.proven, change)
        limits = rules.limits(shelf.base, shelf.sold, shelf.seen)

        def value(prices: np.ndarray) -> np.ndarray:
            gain, error = self.gain(shelf, prices)
            return gain - SURE * error if sure else gain

        return shelf_search.best(*shelf.of, tried, limits, value).prices

    def tried(self, shelf: Shelf, free: np.ndarray, change: float) -> Choices:
        """Return the prices that the brands may have. free: which may move, shape (11,)."""
        return price_region.choices(shelf.base, free, shelf.cost, shelf.seen, change, rules.LEAST_MARGIN)

    def gain(self, shelf: Shelf, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what of the gain over the base prices will come true, and its standard error, shape (n,).

        prices: (n, 11). Unsure are how much comes true of what is predicted of a brand, and the elasticities.
        """
        earned = profit(prices, *shelf.of)
        changed, share = earned - profit(shelf.base, *shelf.of), np.minimum(self.evidence.share, 1)
        unsure = np.log(prices / shelf.base) ** 2 @ self.demand.variance(shelf.store).T
        variance = (self.evidence.error * changed) ** 2 + (share * earned) ** 2 * unsure
        return changed @ share, np.sqrt(variance.sum(axis=-1))

    def answer(self, request: dict[str, Any], row: int = 0) -> dict[str, Any]:
        """Return the prediction of one request."""
        shelf, change = self.shelf(request, row), float(request["most_change"])
        prices, reason = self.decided(shelf, change)
        expected, (gain, error) = profit(prices, *shelf.of), map(float, self.gain(shelf, prices))
        packages = shelf.sold * np.exp(shelf.elasticity @ np.log(prices / shelf.base))
        low, high = self.evidence.band((expected / self.demand.lift)[None])[:, 0]
        kept = np.where(shelf.free, np.where(self.evidence.proven, "", UNPROVEN), FEATURED)
        approval = list(map(approvals.needed, prices, shelf.seen.lowest, shelf.seen.highest))
        columns = {
            **{"brand": BRANDS, "now": map(money, shelf.now), "usual": map(money, shelf.seen.usual)},
            **{"proposed": map(money, prices), "packages": (round(float(sold), 1) for sold in packages)},
            **{"profit": map(money, expected), "kept": map(str, kept), "approval": approval},
        }
        return {
            **{"decision": KEEP if reason else CHANGE, "reason": reason},
            "proposals": [dict(zip(columns, offer, strict=True)) for offer in zip(*columns.values(), strict=True)],
            **{"profit": money(expected.sum()), "profit_low": money(low), "profit_high": money(high)},
            **{"gain": money(gain), "gain_low": money(gain - SURE * error), "gain_high": money(gain + SURE * error)},
            "experiment": self.experiment(shelf, prices, change),
            **self.curves(shelf, prices, BRANDS.index(request["brand"])),
            "needs_approval": any(approval),
            "approvals": [str(note) for note in request[APPROVALS]] if request[APPROVALS] is not None else [],
        }

    def decided(self, shelf: Shelf, change: float) -> tuple[np.ndarray, str]:
        """Return the prices, and why they are the usual ones, "" where they are not."""
        prices = self.proposed(shelf, change)
        if (prices != shelf.base).any():
            return prices, ""
        gain, error = self.gain(shelf, self.proposed(shelf, change, sure=False))
        return prices, UNSURE.format(gain, gain - SURE * error, gain + SURE * error) if gain > 0 else NOTHING

    def experiment(self, shelf: Shelf, prices: np.ndarray, change: float) -> list[dict[str, Any]]:
        """Return the trial that would say most about a brand that keeps its usual price, none where none would."""
        still = shelf.free & (prices == shelf.base)
        tried, stores = self.tried(shelf, still, change), len(self.demand.stores)
        found = price_trial.best(shelf.of, tried, still, self.evidence.apart, stores)
        if found is None:
            return []
        prices_tried = {"usual": money(shelf.base[found.brand]), "trial": money(found.price)}
        size = {"stores": stores, "weeks": found.weeks, "detects": round(100 * float(np.expm1(found.detects)), 1)}
        return [{"brand": BRANDS[found.brand]} | prices_tried | size]

    def curves(self, shelf: Shelf, prices: np.ndarray, brand: int) -> dict[str, Any]:
        """Return demand and profit by the price of one brand, the others as proposed, with bands."""
        grid = np.round(shelf.seen.usual[brand] * AROUND, 2)
        tried = np.repeat(prices[None], len(grid), axis=0)
        tried[:, brand] = grid
        changes = np.log(tried / shelf.base)
        packages = shelf.sold[brand] * np.exp(changes @ shelf.elasticity[brand])
        variance = changes**2 @ self.demand.variance(shelf.store).T
        luck = np.sqrt(variance[:, brand] + self.evidence.left[:, brand].var())
        profits, (_, error) = profit(tried, *shelf.of).sum(axis=-1), self.gain(shelf, tried)
        return {
            "elasticity": round(float(shelf.elasticity[brand, brand]), 2),
            "demand": points(grid, packages, packages * np.exp(-WIDTH * luck), packages * np.exp(WIDTH * luck)),
            "earned": points(grid, profits, profits - SURE * error, profits + SURE * error),
        }


def points(*columns: np.ndarray) -> list[list[float]]:
    """Return points [x, y, low, high]."""
    return [[round(float(value), 2) for value in point] for point in zip(*columns, strict=True)]


def money(dollars: float) -> float:
    """Return dollars with cents."""
    return round(float(dollars), 2)
