"""What is served: the weights of a rule, the orders that lead to them, and what may be lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from capstan.errors import InvalidRow
from capstan.model import Columns, Model
from pipelines.trading import days
from pipelines.trading.data import TICKERS
from pipelines.trading.days import CLOSES, DAYS, MARKET
from pipelines.trading.engine import Past, cents
from pipelines.trading.indicators import INDICATORS
from pipelines.trading.orders import Account, Costs, Limits, Order, order
from pipelines.trading.schema import held
from pipelines.trading.sizing import trades
from pipelines.trading.strategies.schedule import Rule

YEAR, MONTH, WEEK = 252, 21, 5  # trading days
TAIL, WIDE = 0.05, 1.645  # of the days; standard deviations of a normal band of nine in ten
TESTED = 10_000_000  # dollars: a larger account was not tested
DRAWN = 6  # days between the points of the past year


class TradingModel(Model):
    """A rule, and how much riskier its weights turned out to be than they looked."""

    inputs = {
        **{MARKET: "string", "account": "string", "cash": "double", "holdings": "string[]", "day": "string"},
        **{"when": "string", "exclude": "string[]", "keep_cash": "double", DAYS: "string[]", CLOSES: "double[]"},
        **dict.fromkeys(INDICATORS, "double[]"),
    }
    requirements = ("numpy", "pandas", "cvxpy")

    def __init__(self, name: str, rule: Rule, inflation: float):
        self.name, self.rule, self.inflation = name, rule, inflation
        self.costs, self.limits = Costs(), Limits()

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the fields of `Prediction`, one item per row."""
        answers = []
        for row in range(len(columns["account"])):
            given = {name: columns[name][row] for name in self.inputs}
            answers.append(self.answer(given, row))
        return {name: [one[name] for one in answers] for name in answers[0]} if answers else {}

    def answer(self, given: dict[str, Any], row: int = 0) -> dict[str, Any]:
        """Return the prediction of one request. Raises InvalidRow for a day without prices, and an empty account."""
        past = self.known(given, row)
        shares = held([str(one) for one in given["holdings"]])
        account = Account(round(100 * float(given["cash"])), dict(shares))
        prices = dict(zip(TICKERS, cents(past.closes[-1]).tolist(), strict=True))
        equity = account.equity(prices)
        if equity <= 0:
            raise InvalidRow("the account has neither cash nor holdings", row, "cash")
        weights = self.weights(past, [str(one) for one in given["exclude"]]) * (1 - float(given["keep_cash"]))
        decided = given["when"] == "now" or self.rule.due(past)
        made = trades(weights, TICKERS, account, prices, self.limits) if decided else {}
        if not decided:
            weights = np.array([shares.get(name, 0) * prices[name] / equity for name in TICKERS])
        day = str(past.days[-1])
        orders = [order(str(given["account"]), day, name, count) for name, count in made.items()]
        gone = moves(weights, past.closes)
        volatility = self.inflation * gone.std() * np.sqrt(YEAR)
        losses = np.sort(self.inflation * -gone)[-round(TAIL * len(gone)) :]
        return {
            "day": day,
            "decided": decided,
            "weights": {
                name: round(float(part), 4) for name, part in zip(TICKERS, weights, strict=True) if part >= 5e-5
            },
            "orders": [self.explained(one, prices, account, equity, weights, past) for one in orders],
            "equity": equity / 100,
            "turnover": round(sum(abs(one.shares) * prices[one.ticker] for one in orders) / equity, 4),
            "cost": sum(self.costs.of(one.shares, prices[one.ticker]) for one in orders) / 100,
            "volatility": round(100 * float(volatility), 2),
            "value_at_risk": round(max(0.0, float(losses[0])) * equity / 100, 2),
            "expected_shortfall": round(max(0.0, float(losses.mean())) * equity / 100, 2),
            "market_week": round(100 * float((past.closes[-1] / past.closes[-1 - WEEK]).mean() - 1), 2),
            "value": curve(gone, float(volatility), equity / 100),
            "warnings": warnings(given, equity / 100),
        }

    def known(self, given: dict[str, Any], row: int = 0) -> Past:
        """Return what is known of the market at the close that a request is about."""
        if given[DAYS] is None or len(given[DAYS]) == 0:
            raise InvalidRow(f"nothing is known of the market {given[MARKET]}", row, MARKET)
        past = days.past(given)
        last, asked = str(past.days[-1]), given["day"]
        if asked and asked != last:
            what = "are not known: send them first" if asked > last else "are past: orders follow the last close"
            raise InvalidRow(f"the last prices are those of {last}, and those of {asked} {what}", row, "day")
        return past

    def weights(self, past: Past, without: list[str]) -> np.ndarray:
        """Return the weights of the rule, shape (n,), as if the stocks of `without` did not exist."""
        kept = ~np.isin(TICKERS, without)
        some = Past(tuple(np.array(TICKERS)[kept].tolist()), past.days, past.closes[:, kept])
        weights = np.zeros(len(TICKERS))
        weights[kept] = self.rule.weights(some)
        return weights

    def explained(
        self, one: Order, prices: dict[str, int], account: Account, equity: int, weights: np.ndarray, past: Past
    ) -> dict[str, Any]:
        """Return an order with its reason. The correlation is that with the mean of the other stocks, last year."""
        at = TICKERS.index(one.ticker)
        now = account.shares.get(one.ticker, 0) * prices[one.ticker] / equity
        daily = np.diff(np.log(past.closes), axis=0)
        spread, rest = daily[:, at].std() * np.sqrt(YEAR), np.delete(daily, at, axis=1).mean(axis=1)
        alike = float(np.corrcoef(daily[:, at], rest)[0, 1]) if spread > 0 else 0.0
        reason = f"{now:.1%} to {weights[at]:.1%} of the equity ({self.name}); volatility {spread:.0%} a year,"
        reason += f" correlation {alike:.2f}"
        return {"id": one.id, "ticker": one.ticker, "shares": one.shares} | {
            "price": prices[one.ticker] / 100,
            "reason": reason,
        }


def moves(weights: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return the daily returns of an account that keeps some weights, shape (t - 1,). closes: shape (t, n)."""
    return np.asarray((closes[1:] / closes[:-1] - 1) @ weights)


def curve(gone: np.ndarray, volatility: float, equity: float) -> list[list[float]]:
    """Return points [day, value, low, high]: of the past year, and of the month to come with a band of nine in ten."""
    value = equity / np.cumprod(1 + gone[::-1])  # one day ago, two days ago, ...
    points = [[float(-ago), value[ago - 1], value[ago - 1], value[ago - 1]] for ago in range(len(gone), 0, -DRAWN)]
    for ahead in range(0, MONTH + 1, 3):
        wide = WIDE * volatility * np.sqrt(ahead / YEAR)
        points.append([float(ahead), equity, equity * np.exp(-wide), equity * np.exp(wide)])
    return [[round(float(one), 2) for one in point] for point in points]


def warnings(given: dict[str, Any], equity: float) -> list[str]:
    """Return what in a request was not tested."""
    said = []
    if equity > TESTED:
        said.append(f"accounts of more than {TESTED:,} dollars: their orders take days, and move prices")
    if len(given["exclude"]) > 0:
        said.append("stocks that are left out: the tests hold all of them")
    if float(given["keep_cash"]) > 0:
        said.append("cash that is kept: the tests are fully invested")
    return said
