"""How does pacing do on a day with traffic as expected, and with traffic that is not?

The auctions of the log follow each other as they did; when they come is made up: see `models/auctions/pacing.py`. The
campaign has an eighth of what they cost before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from models.auctions.pacing import SLOTS, TRAFFIC, Plan, auctions_left
from pipelines.bidding import protocol, task
from pipelines.bidding.model import BidModel

BROKE = 20  # money, with which hardly an auction is won any more
DAY, SHARE = 86_400.0, 8
BURST, TIMES = slice(20, 22), 10  # the slots with so many times the traffic
DAYS = ("as expected", "ten times as much for an hour", "half of what was expected")
# now, auctions seen by slot -> auctions left
Left = Callable[[float, np.ndarray], int]


def traffic(kind: str, auctions: int) -> np.ndarray:
    """Return how many auctions each slot has."""
    factor = np.ones(SLOTS) / (2 if kind == DAYS[2] else 1)
    if kind == DAYS[1]:
        factor[BURST] = TIMES
    return np.floor(TRAFFIC * auctions * factor).astype(int)


def lived(rows: pd.DataFrame, model: BidModel, plan: Plan, counts: np.ndarray, left: Left | None) -> Line:
    """Return what a day brings. left: the auctions that the bidder thinks are left; None is a bidder without pacing.

    Where a day has more auctions than the log, the log begins again.
    """
    ctr, price, click = (rows[name].to_numpy() for name in ("ctr", "market_price", "click"))
    without = model.baselines["linear, tuned"].campaign(plan.budget * protocol.EPISODE // plan.auctions)
    money, seen, auction, out = float(plan.budget), np.zeros(SLOTS, int), 0, 1.0
    clicks = expected = wins = 0.0
    spent = np.zeros(SLOTS)
    for slot, count in enumerate(counts):
        for number in range(count):
            now = (slot + number / count) * DAY / SLOTS
            here, auction = auction % len(rows), auction + 1
            seen[slot] += 1
            if left is None:
                bid = min(float(without(1, np.array([money]), ctr[here : here + 1])[0]), money)
            else:
                bid = model.price(ctr[here], money, left(now, seen))
            if bid >= price[here] and price[here] <= money:
                money -= price[here]
                spent[slot] += price[here]
                wins, clicks, expected = wins + 1, clicks + click[here], expected + ctr[here]
        if money < BROKE and out == 1.0:
            out = (slot + 1) / SLOTS
    return {
        "auctions": auction,
        "wins": wins,
        "clicks": clicks,
        "expected": expected,
        "spent": 1 - money / plan.budget,
        "out": out,
    }


def ways(plan: Plan) -> dict[str, Left | None]:
    """Return the bidders: without pacing, with the forecast, and with the forecast as the traffic corrects it."""

    def corrected(now: float, seen: np.ndarray) -> int:
        slot = plan.slot(now)
        return auctions_left(plan, now, int(seen[max(slot - 1, 0) : slot + 1].sum()), int(seen.sum()))

    return {
        "linear, tuned, without pacing": None,
        "by the forecast": lambda now, seen: max(int(plan.auctions - plan.expected(now)), 1),
        "by the forecast, corrected": corrected,
    }


@cache
def known() -> tuple[pd.DataFrame, pd.DataFrame, BidModel]:
    """Return the auctions that test, what was known before, and the model."""
    past, test = task.split(task.load(settings().data_dir))
    return test["auctions"], test["history"], task.train(past)


def days(day: str) -> Iterator[Line]:
    """Yield a line per bidder on a day."""
    rows, history, model = known()
    plan = Plan(protocol.budget(history, SHARE, len(rows)), len(rows), 0.0, DAY)
    for name, left in ways(plan).items():
        yield {"method": name} | lived(rows, model, plan, traffic(day, len(rows)), left)


STUDY = Study(
    measures=[Measure(days, [{"day": day} for day in DAYS], seeds=0)],
    tables=[
        Table(
            {"traffic": "day", "bidder, by the auctions left": "method"},
            {
                "auctions": lambda rows: f"{rows['auctions'].mean():,.0f}",
                "won": lambda rows: f"{rows['wins'].mean():,.0f}",
                "clicks": lambda rows: f"{rows['clicks'].mean():.0f}",
                "predicted": lambda rows: f"{rows['expected'].mean():.1f}",
                "spent": lambda rows: f"{rows['spent'].mean():.1%}",
                "money until": lambda rows: f"{24 * rows['out'].mean():.1f} h",
            },
        )
    ],
)
