"""Portfolios that need no opinion on single stocks, and one that has one: closes until today -> weights.

Each looks at the last year of those stocks that have a close on each of its days; the others get no weight. The
settings were stated before the first backtest, and none was tuned.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from models.finance import portfolio
from models.finance.covariance import shrunk
from models.finance.portfolio import Bounds, Views

WINDOW = 252  # daily returns
GREATEST = 0.10  # weight of a stock
AVERSION = 5.0  # what an investor gives of the yearly mean for the yearly variance, times two
EDGE = 0.5  # the yearly Sharpe ratio that the view on winners and losers expects
RECENT, THIRD = 21, 3  # momentum leaves out the last month, and compares the best third with the worst

Strategy = Callable[[pd.DataFrame], pd.Series]


def returns_of(closes: pd.DataFrame, window: int = WINDOW) -> pd.DataFrame:
    """Return the last daily returns of the stocks without a hole in them, shape (window, stocks)."""
    if len(closes) <= window:
        raise CapstanError(f"Weights need {window + 1} closes, and there are {len(closes)}: start later.")
    whole = closes.iloc[-window - 1 :].dropna(axis=1)
    return whole.pct_change().iloc[1:]


def _bounds(stocks: int) -> Bounds:
    """Return the bounds; few stocks may have more each."""
    return Bounds(0.0, max(GREATEST, 1 / stocks))


def _series(weights: np.ndarray, returns: pd.DataFrame, closes: pd.DataFrame) -> pd.Series:
    return pd.Series(weights, returns.columns).reindex(closes.columns, fill_value=0.0)


def equal_weights(closes: pd.DataFrame) -> pd.Series:
    """Return the same weight for each stock."""
    returns = returns_of(closes)
    return _series(np.full(returns.shape[1], 1 / returns.shape[1]), returns, closes)


def minimum_variance(closes: pd.DataFrame) -> pd.Series:
    """Return the weights of the least variance."""
    returns = returns_of(closes)
    return _series(portfolio.minimum_variance(shrunk(returns.to_numpy()), _bounds(returns.shape[1])), returns, closes)


def mean_variance(closes: pd.DataFrame) -> pd.Series:
    """Return the weights of the best mean for its variance, where the means are those of the last year."""
    returns = returns_of(closes)
    values = returns.to_numpy()
    weights = portfolio.mean_variance(values.mean(axis=0), shrunk(values), AVERSION, _bounds(returns.shape[1]))
    return _series(weights, returns, closes)


def risk_parity(closes: pd.DataFrame) -> pd.Series:
    """Return the weights with which each stock has the same part of the risk."""
    returns = returns_of(closes)
    return _series(portfolio.risk_parity(shrunk(returns.to_numpy()), _bounds(returns.shape[1])), returns, closes)


def black_litterman(closes: pd.DataFrame) -> pd.Series:
    """Return equal weights, moved by one view: last year's winners beat its losers.

    The prior of the method is the market's capitalization, which these data do not have: equal weights stand for it.
    """
    returns = returns_of(closes)
    values = returns.to_numpy()
    stocks = values.shape[1]
    covariance = shrunk(values)
    order = np.argsort((1 + values[:-RECENT]).prod(axis=0), kind="stable")
    view, third = np.zeros((1, stocks)), max(stocks // THIRD, 1)
    view[0, order[-third:]] += 1 / third
    view[0, order[:third]] -= 1 / third
    expected = EDGE / np.sqrt(252) * np.sqrt((view @ covariance @ view.T)[0])
    mean, covariance = portfolio.black_litterman(
        np.full(stocks, 1 / stocks), covariance, AVERSION, Views(view, expected)
    )
    return _series(portfolio.mean_variance(mean, covariance, AVERSION, _bounds(stocks)), returns, closes)


ALLOCATIONS: dict[str, Strategy] = {
    "equal weights": equal_weights,
    "minimum variance": minimum_variance,
    "mean-variance": mean_variance,
    "risk parity": risk_parity,
    "Black-Litterman": black_litterman,
}
