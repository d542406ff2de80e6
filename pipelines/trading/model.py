"""What is served: the weights of a rule, the orders that lead to them, and what may be lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from data_sets.djia import TICKERS
from models.backtest.engine import Past, cents
from models.backtest.market import CENTS
from models.backtest.orders import Account, Costs, Limits, order
from models.backtest.sizing import trades
from models.finance.bootstrap import YEAR
from models.finance.filtered_history import tomorrow
from models.strategies.schedule import Rule
from pipelines.trading import answers, days
from pipelines.trading.days import CLOSES, DAYS, MARKET
from pipelines.trading.indicators import INDICATORS
from pipelines.trading.schema import held

WEEK = 5  # trading days
TAIL = 0.05  # of the days: those that value at risk leaves out


class TradingModel(Model):
    """A rule that makes weights."""

    inputs = {
        **{MARKET: "string", "account": "string", "cash": "double", "holdings": "string[]", "day": "string"},
        **{"when": "string", "exclude": "string[]", "keep_cash": "double", DAYS: "string[]", CLOSES: "double[]"},
        **dict.fromkeys(INDICATORS, "double[]"),
    }
    requirements = ("numpy", "pandas", "cvxpy")

    def __init__(self, name: str, rule: Rule):
        self.name, self.rule = name, rule
        self.costs, self.limits = Costs(), Limits()

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the fields of `Prediction`, one item per row."""
        answers = []
        for row in range(len(columns["account"])):
            request = {name: columns[name][row] for name in self.inputs}
            answers.append(self.answer(request, row))
        return {name: [answer[name] for answer in answers] for name in answers[0]} if answers else {}

    def answer(self, request: dict[str, Any], row: int = 0) -> dict[str, Any]:
        """Return the prediction of one request. Raises InvalidRow for a day without prices, and an empty account."""
        past = self.known(request, row)
        shares = held([str(holding) for holding in request["holdings"]])
        account = Account(round(CENTS * float(request["cash"])), dict(shares))
        prices = dict(zip(TICKERS, cents(past.closes[-1]).tolist(), strict=True))
        equity = account.equity(prices)
        if equity <= 0:
            raise InvalidRow("the account has neither cash nor holdings", row, "cash")
        weights = self.weights(past, [str(ticker) for ticker in request["exclude"]]) * (1 - float(request["keep_cash"]))
        decided = request["when"] == "now" or self.rule.due(past)
        changes = trades(weights, TICKERS, account, prices, self.limits) if decided else {}
        now = np.array([shares.get(name, 0) * prices[name] / equity for name in TICKERS])
        weights = weights if decided else now
        day = str(past.days[-1])
        orders = [order(str(request["account"]), day, name, count) for name, count in changes.items()]
        cost = sum(self.costs.of(trade.shares, prices[trade.ticker]) for trade in orders)
        gone, nature = moves(weights, past.closes), answers.natures(past.closes)
        risk = tomorrow(gone)
        volatility, losses = risk.deviation * np.sqrt(YEAR), risk.beyond(TAIL)
        return {
            "day": day,
            "decided": decided,
            "weights": {
                name: round(float(part), 4) for name, part in zip(TICKERS, weights, strict=True) if part >= 5e-5
            },
            "orders": [
                answers.explained(
                    trade, prices[trade.ticker] / CENTS, self.name, now[place], weights[place], nature[place]
                )
                for trade in orders
                for place in [TICKERS.index(trade.ticker)]
            ],
            "equity": equity / CENTS,
            "turnover": round(sum(abs(trade.shares) * prices[trade.ticker] for trade in orders) / equity, 4),
            "cost": cost / CENTS,
            "volatility": round(100 * volatility, 2),
            "value_at_risk": round(max(0.0, float(losses[0])) * equity / CENTS, 2),
            "expected_shortfall": round(max(0.0, float(losses.mean())) * equity / CENTS, 2),
            "market_week": round(100 * float((past.closes[-1] / past.closes[-1 - WEEK]).mean() - 1), 2),
            "value": answers.curve(gone, volatility, equity / CENTS),
            "warnings": answers.warnings(request, equity / CENTS, cost / equity),
        }

    def known(self, request: dict[str, Any], row: int = 0) -> Past:
        """Return what is known of the market at the close that a request is about."""
        if request[DAYS] is None or len(request[DAYS]) == 0:
            raise InvalidRow(f"nothing is known of the market {request[MARKET]}", row, MARKET)
        past = days.past(request)
        last, asked = str(past.days[-1]), request["day"]
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


def moves(weights: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return the daily returns of an account that keeps some weights, shape (t - 1,). closes: shape (t, n)."""
    return np.asarray((closes[1:] / closes[:-1] - 1) @ weights)
