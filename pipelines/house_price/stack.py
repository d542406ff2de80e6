"""A stack: members, and the weights that predict best out of fold. Wolpert, "Stacked Generalization" (1992).

The weights are not negative (Breiman, "Stacked Regressions", 1996) and add up to 1, so the stack has the level of its
members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from pipelines.house_price.coding import Coder
from pipelines.house_price.derived import derive

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.house_price.members import Member

Makers = Mapping[str, Callable[[], "Member"]]  # name -> what makes a new member
FOLDS = 5


def folds(count: int, seed: int, parts: int = FOLDS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the positions to fit on and the others, for each fold."""
    part = np.random.default_rng(seed).permutation(np.arange(count) % parts)
    for fold in range(parts):
        yield np.flatnonzero(part != fold), np.flatnonzero(part == fold)


def weights(members: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights of members whose mean has the least squared error, shape (k,). members: (n, k), out of fold.

    The sum is held to 1 by a row with a large weight: Lawson and Hanson, "Solving Least Squares Problems" (1974),
    chapters 22 and 23.
    """
    from scipy.optimize import nnls

    large = 1e4 * np.abs(members).mean()
    rows = np.vstack([members - target[:, None], np.full(members.shape[1], large)])
    found: np.ndarray = nnls(rows, np.append(np.zeros(len(target)), large))[0]
    return np.asarray(found / found.sum())


class Stack:
    """A coder, members and their weights."""

    def __init__(self, makers: Makers, weight: np.ndarray):
        """weight: of each member, shape (k,)."""
        self.makers, self.weight = makers, weight

    def fit(self, rows: pd.DataFrame, target: np.ndarray) -> Stack:
        """Return the stack; all members are fitted on all rows. target: the logarithm of the price, shape (n,)."""
        self.coder, self.members = fit(rows, target, self.makers)
        return self

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price of houses without gaps, shape (n,)."""
        derived = derive(codes)
        log_price: np.ndarray = np.column_stack([member.predict(derived) for member in self.members]) @ self.weight
        return log_price

    def __getstate__(self) -> dict[str, object]:
        """Leave out the makers, which may be functions without a name."""
        return {name: value for name, value in vars(self).items() if name != "makers"}


def fit(rows: pd.DataFrame, target: np.ndarray, makers: Makers) -> tuple[Coder, list[Member]]:
    """Return a coder and new members, fitted on the rows."""
    coder = Coder().fit(rows)
    derived = derive(coder.fill(coder.houses))
    return coder, [make().fit(derived, target) for make in makers.values()]
