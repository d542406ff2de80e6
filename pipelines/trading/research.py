"""`python -m pipelines.trading.research AAPL`: a report on a stock or a sector, from its prices alone.

    python -m pipelines.trading.research energy --day 2008-12-31
    python -m pipelines.trading.research AAPL --json    # for other programs, which may also call `research`

A sector is its stocks in equal parts. The report says what prices say: it recommends nothing.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from capstan.errors import CapstanError, without_tracebacks
from capstan.settings import settings
from data_sets import djia as data
from models.finance import garch
from models.finance.value_at_risk import LEVELS, WINDOW, filtered
from pipelines.trading.report import drawdown
from pipelines.trading.research_text import markdown
from pipelines.trading.sectors import SECTORS

YEAR, MONTH = 252, 21
SPANS = {"month": 21, "quarter": 63, "year": YEAR}
WORST, NEAREST = 5, 3
MISSING = (
    "No dividends, fundamentals, estimates, news or events: the data have prices and volumes alone. Returns are those "
    "of the price, and the 31 stocks were chosen at the end of 2017, so none of them failed."
)


class Limit(BaseModel):
    """A loss of the next day."""

    chance: float = Field(description="of a greater loss")
    value_at_risk: float = Field(description="share of the value")
    expected_shortfall: float = Field(description="mean of the greater losses, share of the value")
    violations: int = Field(description="days of the last year, or of those with limits, that lost more than theirs")
    expected_violations: float


class WorstDay(BaseModel):
    """One of the worst days of the history."""

    day: str
    value: float = Field(description="return")
    others: float = Field(description="return of the other stocks, in equal parts")


class Report(BaseModel):
    """What prices say of a stock or a sector at a close. Returns and losses are shares of 1, volatilities of a year."""

    subject: str
    stocks: list[str]
    day: str = Field(description="of the last close")
    since: str
    days: int = Field(description="closes")
    close: float | None = Field(description="dollars; none for a sector")
    returns: dict[str, float] = Field(
        description="over the last month, quarter and year, and a year in the mean of all"
    )
    volatility: float = Field(description="of the last year")
    volatility_now: float = Field(description="of tomorrow, by GARCH")
    volatility_month: float = Field(description="of the month to come, by GARCH")
    volatility_ever: float = Field(description="of the whole history")
    persistence: float = Field(description="alpha + beta: which part of a surprise in variance is left after a day")
    drawdown_now: float = Field(description="below the highest close so far")
    drawdown_worst: float
    beta: float = Field(description="to the other stocks in equal parts, over the last year")
    correlation: float = Field(description="with them, over the last year")
    momentum: float = Field(description="return of the last year without its last month")
    momentum_rank: int = Field(description="among all stocks and this, 1 is the highest")
    ranked: int
    limits: list[Limit]
    worst_days: list[WorstDay]
    nearest: dict[str, float] = Field(description="highest correlations with other stocks, over the last year")
    farthest: dict[str, float] = Field(description="lowest correlations")
    missing: str = MISSING


def research(closes: pd.DataFrame, subject: str, day: str = "") -> Report:
    """Return the report of a ticker or a sector. closes: `data.Market.closes`. day: of the last close, ISO; "" for all.

    Raises CapstanError for an unknown subject, a day that is none, and less than WINDOW days of history.
    """
    stocks = members(subject, closes)
    known = until(closes, day)
    if len(known) <= WINDOW:
        raise CapstanError(
            f"A report of {subject} needs {WINDOW + 1} closes, and there are {len(known)}: ask for a day from "
            f"{closes.index[min(WINDOW, len(closes) - 1)]:%Y-%m-%d} on."
        )
    moves = known.pct_change().iloc[1:]
    own, others = moves[stocks].mean(axis=1), moves.drop(columns=stocks)
    market, values = others.mean(axis=1), own.to_numpy()
    value = np.cumprod(np.r_[1.0, 1 + values])
    model = garch.fit(values)
    ahead = np.sqrt(YEAR * model.forecast(values, MONTH))
    year, alike = own.iloc[-YEAR:], others.iloc[-YEAR:].corrwith(own.iloc[-YEAR:]).sort_values()
    spread = np.cov(year, market.iloc[-YEAR:])
    rose = (known.iloc[-1 - MONTH] / known.iloc[-1 - YEAR] - 1).drop(stocks)
    momentum = float(value[-1 - MONTH] / value[-1 - YEAR] - 1)
    returns = {name: float(value[-1] / value[-1 - span] - 1) for name, span in SPANS.items()}
    return Report(
        subject=subject,
        stocks=stocks,
        day=f"{known.index[-1]:%Y-%m-%d}",
        since=f"{known.index[0]:%Y-%m-%d}",
        days=len(known),
        close=float(known[stocks[0]].iloc[-1]) if subject in closes else None,
        returns=returns | {"a year, of all": float(value[-1] ** (YEAR / len(values)) - 1)},
        volatility=float(year.std() * np.sqrt(YEAR)),
        volatility_now=float(ahead[0]),
        volatility_month=float(np.sqrt((ahead**2).mean())),
        volatility_ever=float(own.std() * np.sqrt(YEAR)),
        persistence=model.alpha + model.beta,
        drawdown_now=float(1 - value[-1] / value.max()),
        drawdown_worst=drawdown(value),
        beta=float(spread[0, 1] / spread[1, 1]),
        correlation=float(np.corrcoef(year, market.iloc[-YEAR:])[0, 1]),
        momentum=momentum,
        momentum_rank=1 + int((rose > momentum).sum()),
        ranked=1 + len(rose),
        limits=[limit(values, chance) for chance in LEVELS],
        worst_days=[
            WorstDay(day=f"{at:%Y-%m-%d}", value=float(own[at]), others=float(market[at]))
            for at in own.nsmallest(WORST).index
        ],
        nearest={str(name): float(one) for name, one in alike.iloc[: -NEAREST - 1 : -1].items()},
        farthest={str(name): float(one) for name, one in alike.iloc[:NEAREST].items()},
    )


def members(subject: str, closes: pd.DataFrame) -> list[str]:
    """Return the stocks of a ticker or a sector. Raises CapstanError for an unknown one."""
    if subject in closes:
        return [subject]
    if subject in SECTORS:
        return list(SECTORS[subject])
    raise CapstanError(
        f"There is no stock or sector {subject[:40]!r}. Give one of {', '.join(map(str, closes))}, or a sector: "
        f"{', '.join(SECTORS)}."
    )


def until(closes: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the closes up to a day. Raises CapstanError for a text that is no day with a close."""
    if not day:
        return closes
    at = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
    if at is pd.NaT or not closes.index[0] <= at <= closes.index[-1]:
        first, last = (f"{one:%Y-%m-%d}" for one in (closes.index[0], closes.index[-1]))
        raise CapstanError(f"There are closes from {first} to {last}, and {day[:40]!r} is no day among them.")
    return closes.loc[:at]


def limit(returns: np.ndarray, chance: float) -> Limit:
    """Return the limit of the day after the last, and how the limits of the last year did."""
    made = filtered(np.append(returns, 0.0), chance)  # the return of tomorrow is not looked at
    seen = made.limits[:-1][-YEAR:]
    violations = -returns[len(returns) - len(seen) :] > seen
    return Limit(
        chance=chance,
        value_at_risk=float(made.limits[-1]),
        expected_shortfall=float(made.shortfalls[-1]),
        violations=int(violations.sum()),
        expected_violations=chance * len(seen),
    )


def main() -> None:
    """Print a report."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subject", help="a ticker, or a sector such as energy")
    parser.add_argument(
        "--day", default="", help="of the last close, such as 2008-12-31; the last one of all by default"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    given = parser.parse_args()
    made = research(data.market(data.load(data.find(settings().data_dir))).closes, given.subject, given.day)
    print(made.model_dump_json(indent=1) if given.json else markdown(made))


if __name__ == "__main__":
    main()
