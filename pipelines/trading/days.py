"""Rows of days: what was known at a close, what came after it, and what a day's prices change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT
from capstan.errors import InvalidRow
from data_sets import djia as data
from data_sets.djia import TICKERS
from models.backtest.engine import Past
from models.backtest.market import Market
from pipelines.trading.indicators import NEXT, PAST, indicators

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.trading.schema import Event

MARKET, DJIA = "market", "DJIA"
DAYS, CLOSES = "days", "closes"

AHEAD = 21  # days of that month
WEEK = 5  # closes
FARTHEST = 0.6  # a close further from one of the last week is a slip, or a split, which has to be adjusted for

CASH_ALONE: dict[str, Any] = {
    **{
        "account": "watched",
        "cash": 100_000.0,
        "holdings": np.array([], object),
        "day": "",
        "when": "now",
        "exclude": np.array([], object),
    },
    "keep_cash": 0.0,
}


def by_day(prices: pd.DataFrame) -> Market:
    """Return prices by day. prices: rows of `data.load`."""
    return Market(*data.by_day(prices))


def rows(prices: pd.DataFrame) -> pd.DataFrame:
    """Return what was known at the close of the first trading day of each week, and of the last day of all."""
    import pandas as pd

    closes = by_day(prices).closes
    days = closes.index.strftime("%Y-%m-%d").to_numpy(object)
    values, records = closes.to_numpy(), []
    for place in places(closes.index):
        known = values[place + 1 - PAST : place + 1]
        records.append({
            MARKET: DJIA,
            EVENT_TIMESTAMP: close_of(closes.index[place]),
            DAYS: days[place + 1 - PAST : place + 1],
            CLOSES: known.ravel(),
            **indicators(known),
        })  # fmt: skip
    return in_microseconds(pd.DataFrame(records))


def ahead(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the returns of the month after each of these days, and when they were known; NaN where they are not.

    With them stands a request of an account of cash alone.
    """
    import pandas as pd

    closes = by_day(prices).closes
    values, records = closes.to_numpy(), []
    for place in places(closes.index):
        later = place + AHEAD
        known = later < len(values)
        records.append({
            MARKET: DJIA,
            EVENT_TIMESTAMP: close_of(closes.index[place]),
            NEXT: values[later] / values[place] - 1 if known else np.full(len(TICKERS), np.nan),
            LABEL_KNOWN_AT: close_of(closes.index[later]) if known else pd.NaT,
            **CASH_ALONE,
        })  # fmt: skip
    return in_microseconds(pd.DataFrame(records))


def weeks(market: Market) -> pd.DataFrame:
    """Return both of each week whose next month is known."""
    prices = market.closes.stack().rename("close").reset_index().assign(volume=0)
    both = rows(prices).merge(ahead(prices), on=[MARKET, EVENT_TIMESTAMP])
    return both[both[LABEL_KNOWN_AT].notna()].reset_index(drop=True)


def in_microseconds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose instants Feast can read."""
    instants = rows.select_dtypes("datetimetz")
    return rows.assign(**{str(name): column.dt.as_unit("us") for name, column in instants.items()})


def places(index: pd.DatetimeIndex) -> list[int]:
    """Return the places of the days that have rows: with a year before them, the first of a week, and the last."""
    weeks = (index.to_numpy().astype("datetime64[D]") + 3).astype("datetime64[W]")  # those of numpy begin on Thursdays
    first = np.flatnonzero(np.r_[False, weeks[1:] != weeks[:-1]])
    return sorted({int(place) for place in (*first, len(index) - 1) if place >= PAST - 1})


def close_of(day: pd.Timestamp) -> pd.Timestamp:
    """Return the instant of a close, 16:00 in New York."""
    return (day.tz_localize("America/New_York").replace(hour=16)).tz_convert("UTC").as_unit("us")


def past(known: dict[str, Any]) -> Past:
    """Return what a strategy gets from the features."""
    days = np.array(list(known[DAYS]), "datetime64[D]")
    return Past(tuple(TICKERS), days, np.array(list(known[CLOSES]), float).reshape(len(days), len(TICKERS)))


def pushed(event: Event, known: dict[str, Any]) -> dict[str, Any]:
    """Return the features after a day's prices. A stock without one keeps its last close.

    Raises InvalidRow for a day that is not later than the last one known, and a price that is far from those of the
    last week.
    """
    if known.get(DAYS) is None or len(known[DAYS]) == 0:
        raise InvalidRow(f"{event.market} has no history: run the pipeline before prices are sent", field=MARKET)
    before = past(known)
    last = str(before.days[-1])
    if event.day <= last:
        raise InvalidRow(f"prices of {last} are known already, so those of {event.day} are late", field="day")
    closes = before.closes[-1].copy()
    for ticker, close in event.closes.items():
        place = TICKERS.index(ticker)
        week = before.closes[-WEEK:, place]
        if (far := np.abs(close / week - 1)).max() > FARTHEST:
            raise InvalidRow(
                f"{close:.2f} for {ticker} is far from a close of the last week, {week[far.argmax()]:.2f}: adjust it "
                "for a split",
                field="closes",
            )
        closes[place] = close
    values = np.vstack([before.closes, closes])[-PAST:]
    days = [*map(str, before.days), event.day][-PAST:]
    return {DAYS: days, CLOSES: values.ravel().tolist()} | {
        name: numbers.tolist() for name, numbers in indicators(values).items()
    }
