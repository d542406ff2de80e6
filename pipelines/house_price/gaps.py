"""Houses of which less is known: what an owner leaves out, and in which cell of groups an answer's interval is.

The groups are by what is left out, and by price: the most expensive tenth has larger errors than its scale says.
"""

from __future__ import annotations

import numpy as np

from pipelines.house_price.coding import PLACE
from pipelines.house_price.columns import DEFAULTS, INPUTS, REQUIRED

OPTIONAL = [PLACE[name] for name in INPUTS if name not in (*REQUIRED, *DEFAULTS)]
LIMITS = np.array([2, 15, 30, len(OPTIONAL) - 1])  # the largest number of fields left out of each group but the last
GROUPS = ["nearly all", "most", "some", "few", "the required fields alone"]
EXPENSIVE = 0.9  # the share of predicted prices that is below those of the most expensive tenth


def left_out(codes: np.ndarray) -> np.ndarray:
    """Return how many optional fields each house lacks, shape (n,)."""
    return np.asarray(np.isnan(codes[:, OPTIONAL]).sum(axis=1))


def group(codes: np.ndarray) -> np.ndarray:
    """Return the group of each house by what is left out, shape (n,): a position in GROUPS."""
    return np.searchsorted(LIMITS, left_out(codes), side="left")


def cell(group: np.ndarray, predicted: np.ndarray, border: float) -> np.ndarray:
    """Return the cell of each house, shape (n,). predicted: the logarithm. border: of the most expensive tenth."""
    return np.asarray(2 * group + (predicted >= border))


def without(codes: np.ndarray, wanted: int, seed: int) -> np.ndarray:
    """Return the houses with so many fields left out that they are in a group, shape (n, k).

    Of each house, a number of fields within the group is drawn, and then which.
    """
    if wanted == 0:
        return codes
    random, reduced = np.random.default_rng(seed), codes.copy()
    limits = [*LIMITS, len(OPTIONAL)]
    for row in range(len(codes)):
        count = random.integers(limits[wanted - 1] + 1, limits[wanted] + 1)
        missing = np.isnan(codes[row, OPTIONAL])  # these come first: they count as left out
        reduced[row, np.array(OPTIONAL)[np.argsort(random.random(len(OPTIONAL)) - missing)[:count]]] = np.nan
    return reduced
