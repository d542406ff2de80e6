"""Do chains agree, and how many independent draws are they worth?

Source: Gelman et al., "Bayesian Data Analysis" (2013), equations 11.4 (R-hat, of chains that are split in halves) and
11.8 (effective sample size); Geyer, "Practical Markov Chain Monte Carlo" (1992): sums of two neighbouring
autocorrelations, until one is negative.
"""

from __future__ import annotations

import numpy as np


def r_hat(chains: np.ndarray) -> np.ndarray:
    """Return R-hat of each parameter, shape (size,): 1 where chains agree. chains: shape (chains, draws, size)."""
    within, whole = _variances(_halves(chains))
    return np.asarray(np.sqrt(whole / within))


def effective(chains: np.ndarray) -> np.ndarray:
    """Return the effective sample size of each parameter, shape (size,). chains: shape (chains, draws, size)."""
    halves = _halves(chains)
    within, whole = _variances(halves)
    count, draws = halves.shape[:2]
    apart = halves - halves.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(apart, 2 * draws, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :draws].mean(axis=0) / draws
    sizes = np.empty(len(within))
    for parameter in range(len(sizes)):
        correlation = 1 - (within[parameter] - covariance[:, parameter]) / whole[parameter]
        correlation[0] = 1
        pairs = correlation[: draws // 2 * 2].reshape(-1, 2).sum(axis=1)
        ended = int(np.argmax(pairs < 0)) if (pairs < 0).any() else len(pairs)
        sizes[parameter] = (
            count * draws / max(2 * np.minimum.accumulate(pairs[:ended]).sum() - 1, 1 / np.log10(count * draws))
        )
    return sizes


def _halves(chains: np.ndarray) -> np.ndarray:
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, half : 2 * half]])


def _variances(chains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance within chains, and that of all draws together."""
    draws = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean(axis=0)
    return within, (draws - 1) / draws * within + chains.mean(axis=1).var(axis=0, ddof=1)
