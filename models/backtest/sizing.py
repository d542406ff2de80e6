"""From weights to whole shares. Weights count in millionths, so that all who size a trade get the same shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.backtest.orders import PARTS, Account, Limits


def parts(weights: np.ndarray, limits: Limits) -> np.ndarray:
    """Return weights in whole millionths. Short ones are cut to the limit, all by the same factor.

    weights: shape (..., n). Raises ValueError for a weight that is no number, and for purchases beyond the equity.
    """
    if not np.isfinite(weights).all():
        raise ValueError("a weight is not a number")
    if (np.maximum(weights, 0).sum(axis=-1) > 1 + 1e-6).any():
        raise ValueError("the weights to buy sum to more than 1: an account cannot borrow")
    short = -np.minimum(weights, 0).sum(axis=-1, keepdims=True)
    most = limits.short / 100
    kept = np.where(short > most, most / np.maximum(short, 1e-12), 1.0)
    whole: np.ndarray = np.rint(np.where(weights < 0, weights * kept, weights) * PARTS).astype(np.int64)
    return whole


def trades(
    weights: np.ndarray, tickers: Sequence[str], account: Account, prices: Mapping[str, int], limits: Limits
) -> dict[str, int]:
    """Return the shares to buy and sell, by ticker, that bring an account to some weights at prices in cents."""
    equity = account.equity(prices)
    changes: dict[str, int] = {}
    for ticker, part in zip(tickers, parts(weights, limits).tolist(), strict=True):
        wanted = abs(part) * max(0, equity) // (PARTS * prices[ticker])
        if change := (wanted if part > 0 else -wanted) - account.shares.get(ticker, 0):
            changes[ticker] = change
    return changes
