"""How much a portfolio may lose tomorrow: value at risk and expected shortfall, known before the day.

A forecast is a day's limit and some equally likely losses beyond it, so that the limit, their mean (the expected
shortfall) and a simulation of the day come from one thing. Losses are shares of 1, positive.
Sources: J.P. Morgan, "RiskMetrics" (1996) for the weighted volatility; Barone-Adesi, Giannopoulos and Vosper, "VaR
without correlations for portfolios of derivative securities" (1999) for filtered history.

Reference: scipy.stats.norm, limits of the normal method within 1e-6, shortfalls within 0.2 %.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm
from scipy.stats import t as student

from capstan.errors import CapstanError
from models.finance import garch
from models.finance.filtered_history import KEPT

WINDOW = 500  # days of history: the worst 1 % are five days
REFIT = 21  # days after which GARCH is fitted again
POINTS = 200  # losses that stand for the tail of a distribution with a formula
LEVELS = (0.05, 0.01)  # the probability of a loss above the limit


class Forecasts(NamedTuple):
    """Limits of some days in a row, each known at the close of the day before."""

    limits: np.ndarray  # shape (days,): the value at risk
    tails: np.ndarray  # shape (days, points): equally likely losses, given that the limit is exceeded

    @property
    def shortfalls(self) -> np.ndarray:
        """Return the expected loss of each day, given that it exceeds the limit, shape (days,)."""
        return np.asarray(self.tails.mean(axis=1))


Method = Callable[[np.ndarray, float], Forecasts]


def historical(returns: np.ndarray, level: float) -> Forecasts:
    """Return limits from the losses of the last WINDOW days as they were."""
    return _worst(-_windows(returns), level)


def normal(returns: np.ndarray, level: float) -> Forecasts:
    """Return limits of a normal distribution with the mean and deviation of the last WINDOW days."""
    windows = _windows(returns)
    return _scaled(windows.mean(axis=1), windows.std(axis=1, ddof=1), norm.ppf, level)


def weighted(returns: np.ndarray, level: float) -> Forecasts:
    """Return limits of a normal distribution with mean 0 and a variance that forgets 6 % a day."""
    _windows(returns)  # the same days as the others
    first = returns[:WINDOW].var()
    variances, _ = lfilter([1 - KEPT], [1.0, -KEPT], returns**2, zi=[KEPT * first])
    deviations = np.sqrt(variances[WINDOW - 1 : -1])
    return _scaled(np.zeros(len(deviations)), deviations, norm.ppf, level)


def garch_student(returns: np.ndarray, level: float) -> Forecasts:
    """Return limits of GARCH with Student's t, fitted every REFIT days on all days before."""
    parts = []
    for model, begin, end in _fits(returns):
        deviations = np.sqrt(model.variances(returns[:end])[begin:end])
        unit = np.sqrt((model.degrees - 2) / model.degrees)

        def quantile(chance: np.ndarray, degrees: float = model.degrees, unit: float = unit) -> np.ndarray:
            return np.asarray(student.ppf(chance, degrees) * unit)

        parts.append(_scaled(np.full(end - begin, model.mean), deviations, quantile, level))
    return _joined(parts)


def filtered(returns: np.ndarray, level: float) -> Forecasts:
    """Return limits from the last WINDOW surprises in units of GARCH's deviation, at tomorrow's deviation."""
    parts = []
    for model, begin, end in _fits(returns):
        deviations = np.sqrt(model.variances(returns[:end])[:end])
        scaled = (returns[:end] - model.mean) / deviations
        windows = np.lib.stride_tricks.sliding_window_view(scaled[begin - WINDOW : end - 1], WINDOW)
        parts.append(_worst(-(model.mean + deviations[begin:end, None] * windows), level))
    return _joined(parts)


METHODS: dict[str, Method] = {
    "history": historical,
    "normal": normal,
    "normal, weighted": weighted,
    "GARCH, t": garch_student,
    "GARCH, filtered history": filtered,
}


def _windows(returns: np.ndarray) -> np.ndarray:
    """Return the WINDOW days before each day from WINDOW on, shape (days - WINDOW, WINDOW)."""
    if len(returns) <= WINDOW or not np.isfinite(returns).all():
        raise CapstanError(f"Value at risk needs more than {WINDOW} daily returns without holes; got {len(returns)}.")
    return np.lib.stride_tricks.sliding_window_view(returns[:-1], WINDOW)


def _fits(returns: np.ndarray) -> list[tuple[garch.Garch, int, int]]:
    """Return models, each fitted on the days before `begin`, for the days from `begin` to `end`."""
    _windows(returns)
    return _walk(returns.tobytes())


@lru_cache(maxsize=4)  # both methods and all levels share the fits of a series
def _walk(returns: bytes) -> list[tuple[garch.Garch, int, int]]:
    values = np.frombuffer(returns)
    begins = range(WINDOW, len(values), REFIT)
    return [(garch.fit(values[:begin]), begin, min(begin + REFIT, len(values))) for begin in begins]


def _worst(losses: np.ndarray, level: float) -> Forecasts:
    """Return limits from equally likely losses, shape (days, losses)."""
    count = max(round(level * losses.shape[1]), 1)
    tails = np.partition(losses, -count, axis=1)[:, -count:]
    return Forecasts(tails.min(axis=1), tails)


def _scaled(
    means: np.ndarray, deviations: np.ndarray, quantile: Callable[[np.ndarray], np.ndarray], level: float
) -> Forecasts:
    """Return limits of a distribution with mean 0 and variance 1, moved and scaled."""
    chances = level * (np.arange(POINTS) + 0.5) / POINTS
    tails = -(means[:, None] + deviations[:, None] * quantile(chances))
    return Forecasts(-(means + deviations * quantile(np.array([level]))), tails)


def _joined(parts: list[Forecasts]) -> Forecasts:
    return Forecasts(np.concatenate([part.limits for part in parts]), np.concatenate([part.tails for part in parts]))
