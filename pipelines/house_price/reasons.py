"""What each input adds to the price, in dollars: Shapley values, sampled by permutations.

Source: Strumbelj and Kononenko, "Explaining prediction models and individual predictions with feature contributions"
(2014), algorithm 1; each permutation is walked in both directions (Mitchell et al., "Sampling Permutations for Shapley
Value Estimation", 2022, section 4.1), once for each house of reference. The values add up to the price exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.house_price.stack import Stack

REFERENCES = 8


def references(stack: Stack, rows: pd.DataFrame) -> np.ndarray:
    """Return the houses that a house is compared with, shape (8, k): evenly spaced by the price that they are given."""
    codes = stack.coder.fill(stack.coder.codes(rows))
    order = np.argsort(stack.predict(codes), kind="stable")
    even = ((np.arange(REFERENCES) + 0.5) * len(order) / REFERENCES).astype(int)
    return np.asarray(codes[order[even]])


def shapley(
    price: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, others: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return what each input adds to the mean price of the others, shape (k,).

    price: of houses of shape (m, k). codes: the house, shape (k,). others: shape (m, k).
    """
    random, added = np.random.default_rng(seed), np.zeros(len(codes))
    walks, steps = [], []
    for reference in others:
        order = random.permutation(np.flatnonzero(codes != reference))
        for way in (order, order[::-1]):
            walk = np.tile(reference, (len(way) + 1, 1))
            for step, place in enumerate(way, 1):
                walk[step:, place] = codes[place]
            walks.append(walk)
            steps.append(way)
    values, start = price(np.vstack(walks)), 0
    for way in steps:
        np.add.at(added, way, np.diff(values[start : start + len(way) + 1]))
        start += len(way) + 1
    return added / len(steps)
