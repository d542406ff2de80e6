"""Histories: what people have rated, in order. Every method sees people only through theirs.

Whoever has a history can be answered: nobody is known by number, so new people and new ratings need no new training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# What a rating weighs, by how many ratings ago it was and by its stars.
WEIGHTINGS: dict[str, Any] = {
    "all": lambda age, stars: np.ones(len(age)),
    "recent": lambda age, stars: np.exp(-age / 10),
    "latest": lambda age, stars: np.exp(-age / 3),
    "taste": lambda age, stars: (stars - 3) * np.exp(-age / 20),
}
REACH = {"recent": 100, "latest": 30, "taste": 200}  # ratings; older ones would weigh less than 1 / 20,000


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
        weigh, reach = WEIGHTINGS[weighting], REACH.get(weighting)
        if reach and any(len(films) > reach for films in self.films):
            recent = Histories(
                [rated[-reach:] for rated in self.films], [given[-reach:] for given in self.stars], self.m
            )
            return recent.matrix(weighting)
        values = [
            weigh(np.arange(len(films))[::-1], stars) for films, stars in zip(self.films, self.stars, strict=True)
        ]
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

    def cut(self) -> tuple[Histories, list[np.ndarray]]:
        """Return the histories without the last fifth of each, and the films of that fifth."""
        from pipelines.recommender.columns import TEST_SHARE

        ends = [len(films) - max(int(len(films) * TEST_SHARE), 1) for films in self.films]
        films = [films[:end] for films, end in zip(self.films, ends, strict=True)]
        stars = [stars[:end] for stars, end in zip(self.stars, ends, strict=True)]
        return Histories(films, stars, self.m), [rated[end:] for rated, end in zip(self.films, ends, strict=True)]


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
