"""Trading: which orders should this account send after the close, and does any strategy earn more than holding?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT, TRAINING_SET, Outcome
from capstan.contract.checks import Checks, Service
from capstan.errors import CapstanError
from data_sets import djia as data
from pipelines.trading import days
from pipelines.trading.days import DJIA, MARKET
from pipelines.trading.schema import EXAMPLE, Event, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.trading.model import TradingModel

__all__ = ["Event", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which orders should this account send after the close, and does any strategy earn more than holding?"
FAMILIES = ("tables",)
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "trading"
ENTITY_KEYS = [MARKET]
CARRIED = ["prices"]
PUSH_SOURCE = "daily_prices"
OUTCOME = Outcome("regression", target="realized_volatility", prediction="volatility")
# A row of the reference is a week. Volatility and value at risk stay high or low for months, so no window of them says
# much: what is wrong in them is seen in the error of volatility, when the week after is known.
CHECKS = Checks(rows_per_day=1, ignore=("volatility", "value_at_risk"), service=Service(latency_seconds=0.5))
# By day: return a year, and variance as a share of that of holding all stocks. The slack is what equal weights
# may differ from holding by. Of `coverage_error`, 0.02 is 2.5 standard errors. A Sharpe ratio above 3 is too good to
# be true.
THRESHOLDS = {
    "return": at_least(0.0, slack=0.025),
    "risk": at_most(1.1, slack=0.04),
    "deflated_sharpe": at_least(0.5),
    "drawdown": at_most(0.45),
    "costs": at_most(0.005),
    "coverage_error": at_most(0.02),
    "sharpe": at_most(3.0),
    "leak": at_most(0.0),
}
TEST_FROM = "2015-01-01"
Actual = float  # yearly volatility, percent, of the account's daily returns in the week after


def load(data_dir: Path | None) -> Tables:
    """Return `prices`, a row per stock and day."""
    return {"prices": data.load(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the file of the prices."""
    return {data.FILE: data.find(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of rows, stocks and days."""
    prices = tables["prices"]
    return {"rows": len(prices), "stocks": prices["ticker"].nunique(), "days": prices["date"].nunique()}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return a row per week: what the month after its first close brought, and when that was known."""
    return days.ahead(tables["prices"])


def feature_tables(tables: Tables) -> Tables:
    """Return what was known at these closes."""
    return {"known_prices": days.rows(tables["prices"])}


def split(tables: Tables, test_from: str = TEST_FROM) -> tuple[Tables, Tables]:
    """Return what is before a date to train on, and what is from it on to test on. test_from: ISO date.

    `weeks` are the rows with features; those before the date whose month reaches beyond it are left out. `prices` of
    the test begin a year and a half earlier: decisions need the past.
    """
    import pandas as pd

    weeks, prices = tables[TRAINING_SET].sort_values(EVENT_TIMESTAMP, ignore_index=True), tables["prices"]
    start = pd.Timestamp(test_from)
    late = weeks[EVENT_TIMESTAMP] >= start.tz_localize("UTC")
    if late.all() or not late.any():
        raise CapstanError(f"A part is empty: {test_from} parts training and test. Move test_from.")
    known = weeks[LABEL_KNOWN_AT] < start.tz_localize("UTC")
    before = prices["date"] < start
    warm = prices["date"] >= start - pd.Timedelta(days=550)
    past = {"weeks": weeks[known].reset_index(drop=True), "prices": prices[before].reset_index(drop=True)}
    return past, {"weeks": weeks[late].reset_index(drop=True), "prices": prices[warm].reset_index(drop=True)}


def train(tables: Tables, seed: int = 0, strategy: str = "equal weights") -> TradingModel:
    """Return a strategy, fitted where it learns, and how risky it turned out. strategy: one of `variants.CHOSEN`."""
    from pipelines.trading import training

    return training.fit(tables, strategy, seed)


def evaluate(model: TradingModel, tables: Tables) -> Evaluation:
    """Return what an account that follows the strategy is worth, compared with holding all stocks, and both cards."""
    from pipelines.trading import report

    return report.evaluate(model, tables)


def signals(model: TradingModel, tables: Tables) -> pd.DataFrame:
    """Return expected and realized volatility, what may be lost, and the market's last week, a row per week."""
    from pipelines.trading import watching

    return watching.of_weeks(model, tables)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return an account with three stocks, one with cash alone, and one with wishes."""
    return [
        EXAMPLE,
        {"account": "new", "cash": 100_000.0},
        {"account": "careful", MARKET: DJIA, "cash": 5_000.0, "holdings": ["MSFT 300"], "exclude": ["XOM", "CVX"]}
        | {"keep_cash": 0.2},
    ]


def apply(model: TradingModel, event: Event, features: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of the market after a day's closes."""
    return days.pushed(event, features)
