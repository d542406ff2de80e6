"""What the endpoint answers for each store in the week after the last one: bounds, one-line rule, asked again, bands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from capstan.settings import settings
from capstan.study import Line
from models.pricing.shelf import profit
from pipelines.pricing import rules, shelves, task
from pipelines.pricing.columns import APPROVALS, HIGHEST, HISTORY, LOWEST, PAST_WEEKS, STORE
from pipelines.pricing.model import DRAWS, TAILS, PricingModel
from pipelines.pricing.schema import EXAMPLE, Request
from pipelines.pricing.studies import known

TIMES = 8  # that the same shelf is asked with its own answer


@cache
def requests() -> list[dict[str, Any]]:
    """Return a request per store, for the week after the last one."""
    last = shelves.before(task.load(settings().data_dir)["sales"]).groupby(STORE).last().reset_index()
    last = last[[row[-1] == 160 for row in last[PAST_WEEKS]]]
    names = (PAST_WEEKS, *HISTORY.values(), LOWEST, HIGHEST, APPROVALS)
    plain = Request(**EXAMPLE | {"featured": []}).model_dump()
    return [plain | {STORE: int(row[STORE])} | {name: row[name] for name in names} for _, row in last.iterrows()]


@cache
def model() -> PricingModel:
    """Return what is served."""
    return PricingModel(known.learned(), {})


def proposals() -> Line:
    """Return the share of proposals at the highest price, the gain of the search and of raising all, and intervals."""
    top, gains, simple, zero = [], [], [], []
    for request in requests():
        shelf, answer = model().shelf(request), model().answer(request)
        tried = rules.choices(shelf.now, shelf.cost)
        most = np.array([tried.price[tried.brand == one].max() for one in range(len(shelf.now))])
        prices = np.array([one["proposed"] for one in answer["proposals"]])
        of = (shelf.now, shelf.sold, shelf.cost, shelf.elasticity)
        top.append(np.isclose(prices, most).mean())
        gains.append(answer["gain"])
        simple.append(float((profit(most, *of) - profit(shelf.now, *of)).sum()))
        zero.append(answer["gain_low"] <= 0)
    return {
        "stores": len(top),
        **{"at_top": float(np.mean(top)), "gain": float(np.mean(gains)), "raise_all": float(np.mean(simple))},
        "reach_zero": float(np.mean(zero)),
    }


def again() -> Line:
    """Return the price after eight answers, each asked with the one before, as a part of the first."""
    ratios = []
    for request in requests():
        asked = dict(request)
        first = [one["now"] for one in model().answer(asked)["proposals"]]
        for _ in range(TIMES):
            asked["prices"] = [one["proposed"] for one in model().answer(asked)["proposals"]]
        ratios.append(np.mean(np.array(asked["prices"]) / first))
    return {"ratio": float(np.mean(ratios)), "most_ratio": float(np.max(ratios))}


def bands() -> Line:
    """Return the share of the last 26 weeks whose profit is in the band of 80 %."""
    learned, (rows, past) = known.learned(), known.parts()[1]
    sold, margin = np.exp(learned.forecast(rows, past)) * learned.lift, rows.price - rows.cost
    earned = (margin * np.exp(rows.sold)).sum(axis=1)
    drawn = []
    for at, store in enumerate(rows.store):
        luck = np.exp(learned.noise * np.random.default_rng(store).normal(size=(DRAWS, len(learned.noise))))
        drawn.append(np.quantile((margin[at] * sold[at] * luck / np.exp(learned.noise**2 / 2)).sum(axis=1), TAILS))
    low, high = np.array(drawn).T
    return {"inside": float(((low <= earned) & (earned <= high)).mean())}
