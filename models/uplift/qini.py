"""The Qini curve: how many visits the mail adds if the highest ranks are mailed first.

Radcliffe, "Using control groups to target on predicted lift" (2007): with the best share mailed, the visits of those
who got the mail, less those of the others, scaled to as many.
"""

from __future__ import annotations

import numpy as np


def curve(effect: np.ndarray, treated: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the visits added per customer after each customer, shape (..., n + 1), the highest effect first.

    effect, treated, y: shape (n,). weights: how often each customer counts, (..., n). Ties keep the order of rows.
    """
    order = np.argsort(-effect, kind="stable")
    weights = np.asarray(weights, dtype=float)[..., order]
    got, y = treated[order] == 1, y[order]
    n1, n0, y1, y0 = (np.cumsum(weights * part, axis=-1) for part in (got, ~got, got * y, ~got * y))
    scaled = np.divide(y0 * n1, n0, out=np.zeros_like(y0), where=n0 > 0)
    added = (y1 - scaled) / n1[..., -1:]
    return np.concatenate([np.zeros((*added.shape[:-1], 1)), added], axis=-1)


def coefficient(effect: np.ndarray, treated: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area between the curve and the line of mailing at random, per 1,000 customers, shape (...)."""
    gains = curve(effect, treated, y, weights)
    line = np.linspace(0, 1, gains.shape[-1]) * gains[..., -1:]
    return np.asarray(1_000 * (gains - line).mean(axis=-1))


def bootstrapped(
    effects: dict[str, np.ndarray], treated: np.ndarray, y: np.ndarray, repeats: int, seed: int
) -> dict[str, np.ndarray]:
    """Return the coefficient of each method on the same bootstrap samples of the customers, shapes (repeats + 1,).

    The first is that of the customers as they are.
    """
    random, n = np.random.default_rng(seed), len(y)
    weights = np.vstack([np.ones(n), random.multinomial(n, np.full(n, 1 / n), repeats)])
    return {name: coefficient(effect, treated, y, weights) for name, effect in effects.items()}
