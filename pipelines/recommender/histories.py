"""Histories: what people have rated, in order. Every method sees people only through theirs.

Whoever has a history can be answered: nobody is known by number, so new people and new ratings need no new training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from pipelines.recommender.columns import TEST_SHARE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# What a rating weighs, by its stars.
WEIGHTINGS: dict[str, Any] = {
    "all": lambda stars: np.ones(len(stars)),
    "stars": lambda stars: stars / 5,
    "taste": lambda stars: stars - 2.9,  # 3 stars are faint praise, and no nothing
}


@dataclass(frozen=True)
class Histories:
    """What n people have rated, the latest last: the positions of the films in the catalogue of m films, and stars."""

    films: Sequence[np.ndarray]
    stars: Sequence[np.ndarray]
    m: int

    def __len__(self) -> int:
        return len(self.films)

    def matrix(self, weighting: str = "all") -> sp.csr_matrix:
        """Return the weight of each film in each history, shape (n, m). See WEIGHTINGS."""
        values = [WEIGHTINGS[weighting](stars) for stars in self.stars]
        starts = np.concatenate([[0], np.cumsum([len(films) for films in self.films])])
        data = np.concatenate([[], *values]).astype(np.float32)
        films = np.concatenate([np.empty(0, dtype=np.int64), *self.films]).astype(np.int64)
        return sp.csr_matrix((data, films, starts), shape=(len(self), self.m))

    def part(self, start: int, stop: int) -> Histories:
        """Return some of the histories."""
        return Histories(self.films[start:stop], self.stars[start:stop], self.m)

    def take(self, rows: np.ndarray) -> Histories:
        """Return the histories at some positions."""
        return Histories([self.films[row] for row in rows], [self.stars[row] for row in rows], self.m)

    def cut(self, seed: int = 0) -> tuple[Histories, list[np.ndarray]]:
        """Return the histories without a random fifth of each, and the films of that fifth."""
        parts = [(np.sort(kept), taken) for kept, taken in at_random([len(films) for films in self.films], seed)]
        films = [films[kept] for films, (kept, _) in zip(self.films, parts, strict=True)]
        stars = [stars[kept] for stars, (kept, _) in zip(self.stars, parts, strict=True)]
        return Histories(films, stars, self.m), [
            films[taken] for films, (_, taken) in zip(self.films, parts, strict=True)
        ]


def at_random(sizes: Sequence[int], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each size the positions that are kept, and a random fifth that is taken: at least one."""
    random = np.random.default_rng(seed)
    orders = [random.permutation(size) for size in sizes]
    counts = [max(int(size * TEST_SHARE), 1) for size in sizes]
    return [(order[count:], order[:count]) for order, count in zip(orders, counts, strict=True)]


def histories(films: Sequence[ArrayLike], stars: Sequence[ArrayLike], catalogue: np.ndarray) -> Histories:
    """Return histories from film numbers and stars. `catalogue` has the number of each film, in order.

    Films that the catalogue lacks are left out. A film that is rated twice counts once, where it was rated last.
    """
    positions, kept = [], []
    for numbers, given in zip(films, stars, strict=True):
        ids, values = np.asarray(numbers, dtype=np.int64), np.asarray(given, dtype=float)
        places = np.minimum(np.searchsorted(catalogue, ids), len(catalogue) - 1)
        last = len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]
        take = np.sort(last[catalogue[places[last]] == ids[last]])
        positions.append(places[take])
        kept.append(values[take])
    return Histories(positions, kept, len(catalogue))
