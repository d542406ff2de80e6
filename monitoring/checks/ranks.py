"""The test of a window of days against the days of the reference: Wilcoxon's rank sum, with days as the sample.

The rows of one day are alike, so a test of rows finds a change in every window. Days are what varies. Their ranks are
all that counts, so one day of storm, however wild, is only one day of the highest rank; and the probability of a sum of
ranks is known exactly, whatever the signal. Source: Mann and Whitney, "On a Test of Whether one of Two Random
Variables is Stochastically Larger than the Other" (1947).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

SIMULATED, CHUNK = 100_000, 5_000


def p_values(reference: np.ndarray, recent: np.ndarray, windows: Sequence[int]) -> np.ndarray:
    """Return the probability, (windows, days), that the days up to each one score so high if nothing changed.

    reference, recent: a score for each day, in order. NaN, before the first full window and for a day without a score.
    A window is of the newest days that have a score. Where the reference's days resemble those before them, a window
    counts as fewer days, as an AR(1) process has it.
    """
    known, present = reference[~np.isnan(reference)], ~np.isnan(recent)
    chances = np.full((len(windows), len(recent)), np.nan)
    if len(known) < 2:
        return chances
    # Ties count for the reference, so the probability is never understated.
    below = np.searchsorted(np.sort(known), recent[present], side="left")
    sums = np.concatenate([[0], np.cumsum(below)])
    correlation = autocorrelation(known)
    for line, days in enumerate(windows):
        if days < len(sums):
            mean = (sums[days:] - sums[:-days]) / days
            count = effective_days(days, correlation)
            chance = np.full(len(sums) - 1, np.nan)
            chance[days - 1 :] = tail(count, len(known))[np.floor(mean * count + 1e-9).astype(int)]
            chances[line, present] = chance
    return chances


def smallest(known: np.ndarray, windows: Sequence[int]) -> float:
    """Return the smallest probability that any window can have: below an alarm's, or the reference has too few days."""
    correlation = autocorrelation(known)
    return min((float(tail(effective_days(d, correlation), len(known))[-1]) for d in windows), default=1.0)


@lru_cache(maxsize=16)
def effective_looks(reference: int, windows: tuple[int, ...], looks: int, level: float) -> float:
    """Return as how many independent tests all windows at all looks count, at a level, for one signal without a change.

    They overlap, so they are far fewer. The probability is that of the order of `reference` and later days alone,
    whatever the signal, so it can be simulated.
    """
    chance, before, least = np.random.default_rng(0), max(windows) - 1, []
    for _ in range(SIMULATED // CHUNK):
        values = chance.random((CHUNK, reference + before + looks))
        order = np.argsort(values, axis=1)
        of_reference = order < reference
        below = np.empty(values.shape, int)
        np.put_along_axis(below, order, np.cumsum(of_reference, axis=1) - of_reference, axis=1)
        sums = np.cumsum(below[:, reference:], axis=1)
        sums = np.concatenate([np.zeros((CHUNK, 1), int), sums], axis=1)
        last = [tail(days, reference)[(sums[:, days:] - sums[:, :-days])[:, -looks:]].min(axis=1) for days in windows]
        least.append(np.min(last, axis=0))
    quantile = np.quantile(np.concatenate(least), level, method="lower")
    return float(min(max(level / quantile, 1.0), len(windows) * looks))


def autocorrelation(scores: np.ndarray) -> float:
    """Return the correlation of the ranks of a day and the next, or 0 where it may be by chance."""
    ranks = np.searchsorted(np.sort(scores), scores).astype(float)
    if len(ranks) < 10 or ranks.std() == 0:
        return 0.0
    centred = ranks - ranks.mean()
    correlation = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    return min(correlation, 0.95) if correlation > 3 / np.sqrt(len(ranks)) else 0.0


def effective_days(days: int, correlation: float) -> int:
    """Return how many independent days are worth as much as some days in a row."""
    lags = np.arange(1, days)
    inflation = 1 + 2 * float(((1 - lags / days) * correlation**lags).sum())
    return max(1, int(days / inflation))


@lru_cache(maxsize=256)
def tail(one: int, two: int) -> np.ndarray:
    """Return P(U >= u) for u = 0 ... one * two, of Mann and Whitney's U of two samples of these sizes."""
    size = one * two + 1
    ways = np.zeros(size)
    ways[0] = 1.0
    for i in range(1, one + 1):  # times (1 - q^(two + i)) / (1 - q^i): the coefficients of a Gaussian binomial
        shift = two + i
        if shift < size:
            ways[shift:] -= ways[: size - shift].copy()
        for start in range(min(i, size)):
            ways[start::i] = np.cumsum(ways[start::i])
    # Symmetric; only the lower half is computed from smaller numbers alone, and so exact to rounding.
    half = size // 2
    ways[size - half :] = ways[:half][::-1]
    return np.asarray(np.cumsum(ways)[::-1] / ways.sum())
