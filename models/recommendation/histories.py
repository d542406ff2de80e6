"""Histories: what people have rated, in order. Every method sees people only through theirs.

People have no number, so new people and new ratings need no new training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SHARE = 0.2  # of each history, taken at random
# What a rating of 0 to 5 stars weighs.
WEIGHTINGS: dict[str, Any] = {
    "all": lambda stars: np.ones(len(stars)),
    "stars": lambda stars: stars / 5,
    "taste": lambda stars: stars - 2.9,  # 3 stars are faint praise, not nothing
}


class Items(Protocol):
    """m items, as methods see them."""

    def terms(self) -> sp.csr_matrix:
        """Return what is known of each item as vectors of length 1, shape (m, terms)."""


@dataclass(frozen=True)
class Histories:
    """What n people have rated, the latest last: the positions of the items among all m, and the ratings."""

    items: Sequence[np.ndarray]
    ratings: Sequence[np.ndarray]
    m: int

    def __len__(self) -> int:
        return len(self.items)

    def matrix(self, weighting: str = "all") -> sp.csr_matrix:
        """Return the weight of each item in each history, shape (n, m). See WEIGHTINGS."""
        values = [WEIGHTINGS[weighting](ratings) for ratings in self.ratings]
        starts = np.concatenate([[0], np.cumsum([len(items) for items in self.items])])
        data = np.concatenate([[], *values]).astype(np.float32)
        items = np.concatenate([np.empty(0, dtype=np.int64), *self.items]).astype(np.int64)
        return sp.csr_matrix((data, items, starts), shape=(len(self), self.m))

    def part(self, start: int, stop: int) -> Histories:
        """Return some of the histories."""
        return Histories(self.items[start:stop], self.ratings[start:stop], self.m)

    def take(self, rows: np.ndarray) -> Histories:
        """Return the histories at some positions."""
        return Histories([self.items[row] for row in rows], [self.ratings[row] for row in rows], self.m)

    def cut(self, seed: int = 0) -> tuple[Histories, list[np.ndarray]]:
        """Return the histories without a random fifth of each, and the items of that fifth."""
        parts = [(np.sort(kept), taken) for kept, taken in at_random([len(items) for items in self.items], seed)]
        items = [items[kept] for items, (kept, _) in zip(self.items, parts, strict=True)]
        ratings = [ratings[kept] for ratings, (kept, _) in zip(self.ratings, parts, strict=True)]
        return Histories(items, ratings, self.m), [
            items[taken] for items, (_, taken) in zip(self.items, parts, strict=True)
        ]


def at_random(sizes: Sequence[int], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each size the positions that are kept, and a random fifth that is taken: at least one."""
    random = np.random.default_rng(seed)
    orders = [random.permutation(size) for size in sizes]
    counts = [max(int(size * SHARE), 1) for size in sizes]
    return [(order[count:], order[:count]) for order, count in zip(orders, counts, strict=True)]


def histories(items: Sequence[ArrayLike], ratings: Sequence[ArrayLike], known: np.ndarray) -> Histories:
    """Return histories from item numbers and ratings. known: the numbers of all items, rising.

    Items that are not known are left out. An item that is rated twice counts once, where it was rated last.
    """
    positions, kept = [], []
    for numbers, rated in zip(items, ratings, strict=True):
        ids, values = np.asarray(numbers, dtype=np.int64), np.asarray(rated, dtype=float)
        places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        last = len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]
        take = np.sort(last[known[places[last]] == ids[last]])
        positions.append(places[take])
        kept.append(values[take])
    return Histories(positions, kept, len(known))
