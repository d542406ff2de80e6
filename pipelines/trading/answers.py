"""How an answer is explained and drawn: reasons of orders, the equity over time, and what was not tested."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.backtest.orders import Order
from models.finance.bootstrap import YEAR

MONTH = 21  # trading days
WIDE = 1.645  # standard deviations on each side: a normal band of nine in ten
DRAWN = 6  # days between the points of the past year
TESTED = 10_000_000  # dollars: a larger account was not tested
EXPENSIVE = 0.002  # of the equity


def explained(
    order: Order, price: float, rule: str, now: float, then: float, nature: tuple[float, float]
) -> dict[str, Any]:
    """Return an order with its reason. price: dollars. now, then: share of the equity. nature: of `natures`."""
    reason = f"{now:.1%} to {then:.1%} of the equity ({rule}); volatility {nature[0]:.0%} a year,"
    return {
        "id": order.id,
        "ticker": order.ticker,
        "shares": order.shares,
        "price": price,
        "reason": f"{reason} correlation {nature[1]:.2f}",
    }


def natures(closes: np.ndarray) -> list[tuple[float, float]]:
    """Return the yearly volatility of each stock, and its correlation with the mean of the others."""
    daily = np.diff(np.log(closes), axis=0)
    others = (daily.sum(axis=1, keepdims=True) - daily) / (daily.shape[1] - 1)
    spread, rest = daily.std(axis=0), others.std(axis=0)
    shared = ((daily - daily.mean(axis=0)) * (others - others.mean(axis=0))).mean(axis=0)
    alike = shared / np.maximum(spread * rest, 1e-12)
    return [
        (float(volatility), float(correlation))
        for volatility, correlation in zip(spread * np.sqrt(YEAR), alike, strict=True)
    ]


def curve(gone: np.ndarray, volatility: float, equity: float) -> list[list[float]]:
    """Return points [day, value, low, high]: of the past year, and of the month to come with a band of nine in ten."""
    value = equity / np.cumprod(1 + gone[::-1])  # one day ago, two days ago, ...
    points = [[float(-ago), value[ago - 1], value[ago - 1], value[ago - 1]] for ago in range(len(gone), 0, -DRAWN)]
    for ahead in range(0, MONTH + 1, 3):
        wide = WIDE * volatility * np.sqrt(ahead / YEAR)
        points.append([float(ahead), equity, equity * np.exp(-wide), equity * np.exp(wide)])
    return [[round(float(number), 2) for number in point] for point in points]


def warnings(request: dict[str, Any], equity: float, cost: float) -> list[str]:
    """Return what in a request was not tested, or is expensive. equity: dollars. cost: as a share of it."""
    remarks = []
    if equity > TESTED:
        remarks.append(f"accounts of more than {TESTED:,} dollars: their orders take days, and move prices")
    if len(request["exclude"]) > 0:
        remarks.append("stocks that are left out: the tests hold all of them")
    if float(request["keep_cash"]) > 0:
        remarks.append("cash that is kept: the tests are fully invested")
    if cost > EXPENSIVE:
        remarks.append(f"orders that cost {cost:.1%} of the equity: the tests have a million dollars")
    return remarks
