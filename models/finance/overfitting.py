"""How much of a backtest's Sharpe ratio is left when one knows how many were tried.

A Sharpe ratio here is of one period, such as a day, never of a year: `sharpe` x sqrt(252) is the yearly one.
Sources: Bailey and Lopez de Prado, "The Sharpe ratio efficient frontier" (2012) and "The deflated Sharpe ratio" (2014);
Bailey, Borwein, Lopez de Prado and Zhu, "The probability of backtest overfitting" (2015); White, "A reality check for
data snooping" (2000); Politis and Romano, "The stationary bootstrap" (1994).
Reference: the examples of the papers on Sharpe ratios, printed digits; arch.bootstrap.SPA, 0.035 of a p value.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import kurtosis, norm, rankdata, skew

from capstan.errors import CapstanError

YEAR = 252  # trading days
BLOCK = 10  # mean length of a block of days that the bootstrap keeps together


def sharpe(returns: np.ndarray) -> float:
    """Return the mean of the returns over their standard deviation, 0 where nothing varies. returns: shape (days,)."""
    returns = _checked(returns, 1)
    deviation = float(returns.std(ddof=1))
    # A constant series has a deviation of some 1e-19 from rounding.
    return float(returns.mean()) / deviation if deviation > 1e-12 else 0.0


def confidence(ratio: float, benchmark: float, days: int, skewness: float = 0.0, kurtosis: float = 3.0) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark, from the moments of the returns.

    kurtosis: 3 for normal returns.
    """
    variance = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    return float(norm.cdf((ratio - benchmark) * np.sqrt((days - 1) / variance)))


def probabilistic_sharpe(returns: np.ndarray, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark. returns: shape (days,)."""
    returns, ratio = _checked(returns, 1), sharpe(returns)
    if ratio == 0:  # no moments where nothing varies
        return confidence(0.0, benchmark, len(returns))
    return confidence(ratio, benchmark, len(returns), float(skew(returns)), float(kurtosis(returns, fisher=False)))


def luckiest(trials: int, variance: float) -> float:
    """Return the Sharpe ratio that the best of some trials is expected to have where none has an edge.

    variance: of the trials' Sharpe ratios.
    """
    if trials < 1:
        raise CapstanError("The deflated Sharpe ratio needs the number of trials, 1 or more.")
    if trials == 1:
        return 0.0  # nothing was chosen
    high, higher = norm.ppf([1 - 1 / trials, 1 - 1 / (trials * np.e)])
    return float(np.sqrt(variance) * ((1 - np.euler_gamma) * high + np.euler_gamma * higher))


def deflated_sharpe(returns: np.ndarray, tried: Sequence[float] | np.ndarray) -> float:
    """Return the probability that a strategy has an edge, where it is the best of all that were tried.

    returns: of the chosen one, shape (days,). tried: the Sharpe ratio of every trial, the chosen one's among them.
    Trials that resemble each other count in full, so the answer is on the side of caution.
    """
    tried = np.asarray(tried, dtype=float)
    return probabilistic_sharpe(returns, luckiest(len(tried), float(tried.var(ddof=1)) if len(tried) > 1 else 0.0))


class Overfitting(NamedTuple):
    """What choosing the best of some strategies is worth on days that it was not chosen on."""

    probability: float  # that the chosen one is below the median of all
    loss: float  # the probability that its Sharpe ratio is below zero
    logits: np.ndarray  # one per split: log of (rank / (1 - rank)) of the chosen one


def backtest_overfitting(returns: np.ndarray, blocks: int = 16) -> Overfitting:
    """Return how often the best strategy of half of the blocks of days fails on the other half, over all such splits.

    returns: shape (days, strategies). blocks: an even number; 16 make 12,870 splits. Combinatorially symmetric
    cross-validation, with the Sharpe ratio. Days that do not fill the blocks are left out at the start.
    """
    returns = _checked(returns, 2)
    if blocks < 2 or blocks % 2 or len(returns) < 2 * blocks or returns.shape[1] < 2:
        raise CapstanError(
            f"Overfitting is measured on two strategies or more, over an even number of blocks of two days or more; "
            f"{returns.shape[1]} strategies, {len(returns)} days and {blocks} blocks were given."
        )
    parts = np.array(np.split(returns[len(returns) % blocks :], blocks))
    sums, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(halves), blocks))
    np.put_along_axis(chosen, halves, 1.0, axis=1)
    days = parts.shape[1] * blocks // 2

    def ratios(members: np.ndarray) -> np.ndarray:
        mean = members @ sums / days
        deviation = np.sqrt(np.maximum(members @ squares - days * mean**2, 0.0) / (days - 1))
        return np.asarray(np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 1e-12))

    best = ratios(chosen).argmax(axis=1)[:, None]
    outside = ratios(1 - chosen)
    rank = np.take_along_axis(rankdata(outside, axis=1), best, axis=1)[:, 0] / (returns.shape[1] + 1)
    logits = np.log(rank / (1 - rank))
    lost = np.take_along_axis(outside, best, axis=1) < 0
    return Overfitting(float((logits <= 0).mean()), float(lost.mean()), logits)


def reality_check(
    returns: np.ndarray, benchmark: np.ndarray, repeats: int = 2_000, block: float = BLOCK, seed: int = 0
) -> float:
    """Return the p value of "no strategy has a higher mean return than the benchmark", all strategies counted.

    returns: shape (days, strategies). benchmark: of the same days, shape (days,).
    """
    over = _checked(returns, 2) - _checked(benchmark, 1)[:, None]
    means = over.mean(axis=0)
    sampled = _samples(len(over), repeats, block, np.random.default_rng(seed)) @ over / len(over)
    return float(((sampled - means).max(axis=1) >= means.max()).mean())


def _samples(days: int, repeats: int, block: float, random: np.random.Generator) -> np.ndarray:
    """Return how often each day is drawn by the stationary bootstrap, shape (repeats, days).

    Blocks have a geometric length, `block` in the mean, and go on at the first day after the last.
    """
    begins = random.random((repeats, days)) < 1 / block
    begins[:, 0] = True
    index = np.arange(days)
    begun = np.maximum.accumulate(np.where(begins, index, 0), axis=1)
    first = random.integers(days, size=(repeats, days))
    drawn = (np.take_along_axis(first, begun, axis=1) + index - begun) % days
    counts = np.bincount((drawn + days * np.arange(repeats)[:, None]).ravel(), minlength=repeats * days)
    return counts.reshape(repeats, days).astype(float)


def _checked(returns: np.ndarray, dimensions: int) -> np.ndarray:
    returns = np.asarray(returns, dtype=float)
    if returns.ndim != dimensions or len(returns) < 2 or not np.isfinite(returns).all():
        shape = "one strategy" if dimensions == 1 else "strategies in columns"
        raise CapstanError(f"Give the returns of {shape}, of two days or more, without holes; got {returns.shape}.")
    return returns
