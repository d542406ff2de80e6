"""The contract of the prices, and the requests, events and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from data_sets.djia import TICKERS

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
Ticker = Literal[
    "AABA", "AAPL", "AMZN", "AXP", "BA", "CAT", "CSCO", "CVX", "DIS", "GE", "GOOGL", "GS", "HD", "IBM", "INTC", "JNJ",
    "JPM", "KO", "MCD", "MMM", "MRK", "MSFT", "NKE", "PFE", "PG", "TRV", "UNH", "UTX", "VZ", "WMT", "XOM",
]  # fmt: skip
Price = Annotated[float, Field(ge=0.01, le=100_000)]
LARGEST = 100_000_000.0  # dollars of an account: its orders would move the prices that they are measured with
MOST_SHARES = 10_000_000
MOST_EXCLUDED = 15
LEAST_PRICES = 16  # of a day: with fewer, the day was not a trading day
EXAMPLE: dict[str, Any] = {"account": "demo", "cash": 25_000.0, "holdings": ["AAPL 120", "JNJ 200", "XOM 150"]}
DOLLARS: dict[str, Any] = {"unit": "$"}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `prices`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "ticker": Column(str, Check.isin(TICKERS)),
        "date": Column("datetime64[us]"),
        "close": Column(float, Check.in_range(0.01, 100_000)),
        "volume": Column("int64", Check.ge(0)),
    }
    return {"prices": DataFrameSchema(columns, unique=["ticker", "date"])}


class Request(BaseModel):
    """An account: which orders should it send after the last close?"""

    model_config = FORBID

    market: Literal["DJIA"] = Field("DJIA", title="Market", description="the 31 stocks of the data")
    account: str = Field(
        title="Account",
        description="orders of the same account, day and stock have the same id",
        pattern=r"^[A-Za-z0-9_-]{1,40}$",
        examples=[EXAMPLE["account"]],
    )
    cash: float = Field(
        title="Cash", description="dollars, without borrowed ones", ge=0, le=LARGEST, examples=[EXAMPLE["cash"]]
    )
    holdings: list[str] = Field(
        [],
        title="Holdings",
        description="a text per stock: ticker and whole shares",
        max_length=len(TICKERS),
        examples=[EXAMPLE["holdings"]],
    )
    day: str = Field(
        "",
        title="Day",
        description="of the close that the orders follow, such as 2017-12-29; empty for the last one known",
        max_length=10,
    )
    when: Literal["now", "monthly"] = Field(
        "now", title="When", description="monthly: orders on the first trading day of a month alone"
    )
    exclude: list[Ticker] = Field(
        [], title="Without", description="stocks that the account must not hold", max_length=MOST_EXCLUDED
    )
    keep_cash: float = Field(0.0, title="Keep in cash", description="share of the equity", ge=0, le=0.95)

    @field_validator("day")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        return iso_day(value) if value else value

    @field_validator("holdings")
    @classmethod
    def _are_holdings(cls, values: list[str]) -> list[str]:
        held(values)
        return values


def held(texts: list[str]) -> dict[str, int]:
    """Return shares by ticker. Raises ValueError for a text that is no holding."""
    shares: dict[str, int] = {}
    for text in texts:
        ticker, _, count = text.partition(" ")
        if ticker not in TICKERS:
            raise ValueError(f"{ticker[:20]!r} is none of the stocks that are known: {', '.join(TICKERS)}")
        if not count.isascii() or not count.isdigit() or not 1 <= int(count[:12]) <= MOST_SHARES:
            raise ValueError(f"{ticker} needs whole shares, 1 to {MOST_SHARES:,}, such as '{ticker} 100'")
        if ticker in shares:
            raise ValueError(f"{ticker} is there twice")
        shares[ticker] = int(count)
    return shares


def iso_day(value: str) -> str:
    """Return an ISO date as it is. Raises ValueError for another text."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise ValueError("expected a date, such as 2017-12-29")
    return value


class Event(BaseModel):
    """The closes of a day."""

    model_config = FORBID

    market: Literal["DJIA"] = Field("DJIA", title="Market")
    day: str = Field(title="Day", max_length=10, examples=["2018-01-02"])
    closes: dict[Ticker, Price] = Field(
        title="Closes",
        description="dollars by ticker, adjusted for splits; a stock that is left out keeps its last close",
        min_length=LEAST_PRICES,
        max_length=len(TICKERS),
    )

    @field_validator("day")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        return iso_day(value)

    @model_validator(mode="after")
    def _has_come(self) -> Event:
        if date.fromisoformat(self.day).weekday() > 4:
            raise ValueError(f"{self.day} is no weekday, and stocks trade on weekdays alone")
        # No earlier day is taken after a later one.
        if self.day > (today := datetime.now(UTC).date().isoformat()):
            raise ValueError(f"{self.day} has not come yet: today is {today}. Send closes once the day is over")
        return self


class Proposed(BaseModel):
    """An order, for the next close."""

    id: str = Field(description="the same for the same account, day and stock")
    ticker: str
    shares: int = Field(description="to buy, or to sell where it is negative")
    price: float = Field(description="dollars, the last close: what the order fetches is known later")
    reason: str


class Prediction(BaseModel):
    """Target weights, the orders that lead to them, and what may be lost."""

    day: str = Field(title="After the close of")
    decided: bool = Field(title="Orders are due", description="orders that are still open give way to these")
    value: list[list[float]] = Field(
        title="Equity with these weights",
        description="over the last year, and the band of nine in ten months to come",
        json_schema_extra={"display": "curve", "x": "Trading days from now", "unit": "$"},
    )
    equity: float = Field(title="Equity", description="at the last close", json_schema_extra=DOLLARS)
    turnover: float = Field(title="Turnover", description="value of the orders by the equity", ge=0)
    cost: float = Field(title="Cost", description="expected, of the orders", ge=0, json_schema_extra=DOLLARS)
    volatility: float = Field(
        title="Volatility", description="expected, of the equity", ge=0, json_schema_extra={"unit": "% a year"}
    )
    value_at_risk: float = Field(
        title="Value at risk", description="one day in twenty loses more", ge=0, json_schema_extra=DOLLARS
    )
    expected_shortfall: float = Field(
        title="Expected shortfall", description="the mean loss of such days", ge=0, json_schema_extra=DOLLARS
    )
    market_week: float = Field(
        title="The market's last week", description="mean return of the stocks", json_schema_extra={"unit": "%"}
    )
    weights: dict[str, float] = Field(
        title="Target", description="share of the equity", json_schema_extra={"display": "classes"}
    )
    orders: list[Proposed] = Field(title="Orders")
    warnings: list[str] = Field(title="Beyond what was tested")
