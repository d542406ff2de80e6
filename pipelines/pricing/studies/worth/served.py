"""What is served for each store in the week after the last one, compared with simple rules, and asked again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line
from data_sets import orange_juice_weeks as weeks
from models.metrics import paired
from models.pricing import price_region
from models.pricing.shelf import profit
from pipelines.pricing import demand, evidence, report, rules, shelves, task
from pipelines.pricing.columns import (
    APPROVALS,
    BRANDS,
    COUNT,
    HISTORY,
    LISTS,
    PAST,
    PAST_WEEKS,
    PRICES,
    SEEN,
    SOLD,
    STORE,
    YEAR,
)
from pipelines.pricing.model import PricingModel, Shelf
from pipelines.pricing.schema import EXAMPLE, Request
from pipelines.pricing.studies import known
from pipelines.pricing.studies.known import Part

TIMES = 8  # that the same shelf is asked with its own answer
LIVED, STORES = 104, 10  # weeks in which each answer becomes history; stores that live them
KEEP, BELIEVE, RAISE, SERVED = "usual prices", "most expected", "raise all as far as allowed", "served"
WITHIN = "raise all, where the basket may not cost more"
POLICIES = (KEEP, RAISE, WITHIN, BELIEVE, SERVED)


@cache
def requests() -> list[dict[str, Any]]:
    """Return a request per store, for the week after the last one."""
    last = shelves.before(task.load(settings().data_dir)["sales"]).groupby(STORE).last().reset_index()
    week = last[PAST_WEEKS].map(max)
    names = (STORE, PAST_WEEKS, *HISTORY.values(), *SEEN, APPROVALS)
    plain = Request(**EXAMPLE | {"featured": []}).model_dump()
    return [plain | {name: row[name] for name in names} for _, row in last[week == week.max()].iterrows()]


def highest(of: PricingModel, shelf: Shelf) -> np.ndarray:
    """Return the highest price that each brand may have, shape (11,)."""
    tried = of.tried(shelf, shelf.free, rules.MOST_CHANGE)
    return np.array([tried.price[tried.brand == brand].max() for brand in range(COUNT)])


def asked(of: PricingModel, shelf: Shelf, policy: str) -> np.ndarray:
    """Return the prices of a policy. Where the basket may not cost more, nothing is left to raise."""
    if policy in (BELIEVE, SERVED):
        return of.proposed(shelf, sure=policy == SERVED)
    most = highest(of, shelf)
    kept = rules.limits(shelf.base, shelf.sold, shelf.seen).kept(most)
    return most if policy == RAISE or (policy == WITHIN and kept) else shelf.base


def policy(name: str) -> Line:
    """Return what the prices of a policy are expected to gain, and where the interval of that is above zero."""
    of, lines = known.model(), []
    for request in requests():
        shelf = of.shelf(request)
        prices = asked(of, shelf, name)
        gain, error = of.gain(shelf, prices)
        low, high = gain - evidence.SURE * error, gain + evidence.SURE * error
        by_model = (profit(prices, *shelf.of) - profit(shelf.base, *shelf.of)).sum()
        top = np.isclose(prices, highest(of, shelf)).mean()
        line = {"by_model": by_model, "gain": gain, "gain_low": low, "gain_high": high, "sure": low > 0, "top": top}
        lines.append(line | {"moved": (prices != shelf.base).any()})
    return {"stores": len(lines)} | {name: float(value) for name, value in pd.DataFrame(lines).mean().items()}


def again() -> Iterator[Line]:
    """Yield the price by the first answer: after eight answers to one week, and after two years of answers."""
    same = []
    for request in requests():
        answers = [proposed(known.model().answer(request))]
        for _ in range(TIMES):
            answers.append(proposed(known.model().answer(request | {PRICES: list(answers[-1])})))
        same.append(answers[-1] / answers[0])
    yield {"asked": f"{TIMES} times, the same week"} | ratio(same)
    yield {"asked": f"{LIVED} weeks, each answer becomes history"} | ratio(
        [lived(request) for request in requests()[:STORES]]
    )


def proposed(answer: dict[str, Any]) -> np.ndarray:
    """Return the prices of an answer, shape (11,)."""
    return np.array([proposal["proposed"] for proposal in answer["proposals"]])


def ratio(prices: list[np.ndarray]) -> Line:
    """Return the mean price of a shelf by the first answer, over stores, and that of the store with the most."""
    means = [shelf.mean() for shelf in prices]
    return {"mean": float(np.mean(means)), "highest": float(np.max(means)), "stores": len(prices)}


def lived(request: dict[str, Any]) -> np.ndarray:
    """Return the prices by the first answer, (11,), after weeks in which a store asks what it is proposed."""
    of, sales = known.model(), task.load(settings().data_dir)["sales"]
    tables = shelves.whole(sales[sales[STORE] == request[STORE]])
    past = {name: tables[name].to_numpy() for name in LISTS}
    numbers = tables[SOLD].index.get_level_values(1).to_numpy()
    for _ in range(LIVED):
        now = request | {"week": weeks.start(int(numbers[-1]) + 1).isoformat(), PAST_WEEKS: numbers[-PAST:]}
        now |= {HISTORY[name]: values[-PAST:].ravel() for name, values in past.items()}
        now |= dict(zip(SEEN, price_region.seen(past[PRICES][-YEAR:]), strict=True))
        answer = of.answer(now)
        packages = np.array([proposal["packages"] for proposal in answer["proposals"]])
        new = {SOLD: np.log(np.maximum(packages, 0.1)), PRICES: proposed(answer)}
        past = {name: np.vstack([values, new.get(name, values[-1])]) for name, values in past.items()}
        numbers = np.append(numbers, numbers[-1] + 1)
    return np.asarray(past[PRICES][-1] / past[PRICES][-LIVED])


def bands() -> Iterator[Line]:
    """Yield the share of weeks whose profit is in the band of 80 %: the last 26, and the thirteen before."""
    past, test = known.parts()
    yield {"weeks": "the last 26 weeks"} | covered(known.model(), test)
    before = known.parts(known.VALIDATION)[0]
    earlier = PricingModel(demand.fit(*before), evidence.fit(*before), {})
    yield {"weeks": "the thirteen weeks before"} | covered(earlier, known.until(past))


def covered(of: PricingModel, test: Part) -> Line:
    """Return the share of shelves in the band, with its interval over weeks."""
    rows, before = test
    held = report.inside(of.evidence, of.demand.forecast(rows, before), rows).astype(float)
    units = paired.by_unit(held, rows.week)
    return dict(zip(("inside", "inside_low", "inside_high"), difference(units, np.zeros(len(units))), strict=True))


def baskets() -> Iterator[Line]:
    """Yield the share of shelves whose basket cost more than at usual prices, by the held-out year and what follows."""
    past, test = known.parts()
    held = known.taken(past, past[0].week > past[0].week.max() - evidence.QUARTERS * evidence.LENGTH)
    for name, (rows, before) in (("the held-out year", held), ("the last 26 weeks", test)):
        worth = rows.usual * np.exp(known.learned().forecast(rows, before))
        more = (worth * np.log(rows.price / rows.usual)).sum(axis=1) / worth.sum(axis=1)
        yield {"basket": name, "more": float((more > 0).mean()), "much_more": float((more > 0.02).mean())}


def shares() -> Iterator[Line]:
    """Yield by brand what share of predicted changes of profit came true: in the held-out year, and later."""
    of, (rows, before) = known.model(), known.parts()[1]
    later = evidence.shares(*evidence.changed(of.demand, rows, before), rows.week)
    parts = (("share", of.evidence.share, of.evidence.error), ("later", *later))
    for brand, name in enumerate(BRANDS):
        line: Line = {"brand": name, "may_move": bool(of.evidence.proven[brand])}
        yield line | {f"{part}{end}": float(value[brand]) for part, *values in parts
                      for end, value in zip(("", "_error"), values, strict=True)}  # fmt: skip
