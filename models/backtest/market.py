"""Prices of some tickers by day, as backtests read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

CENTS = 100  # of a dollar


class Market(NamedTuple):
    """Prices of all tickers by day: DataFrames with the days as index and the tickers as columns.

    closes: dollars, a number in every cell. volumes: shares traded, 0 where a ticker had no price that day.
    """

    closes: pd.DataFrame
    volumes: pd.DataFrame

    def until(self, day: pd.Timestamp | str) -> Market:
        """Return the days up to and with one."""
        return Market(self.closes.loc[:day], self.volumes.loc[:day])

    def since(self, day: pd.Timestamp | str) -> Market:
        """Return the days from one on."""
        return Market(self.closes.loc[day:], self.volumes.loc[day:])
