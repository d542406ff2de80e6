"""What is served: a history, from the feature store or from titles that somebody likes, becomes a ranked list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from models.metrics import ranking
from models.recommendation.histories import Histories, histories
from models.recommendation.item_to_item import ItemToItem
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.columns import CANDIDATES, CHUNK, LIKED
from pipelines.recommender.methods import METHODS, SERVED, Method
from pipelines.recommender.threads import one_thread

REASONS = 2  # films of the history that an answer names for each of its films


class Chance(NamedTuple):
    """A rising function, as points: score -> how likely such a film is among ratings that were left out at random."""

    scores: np.ndarray
    chances: np.ndarray

    def of(self, scores: np.ndarray) -> np.ndarray:
        """Return the probability of each score."""
        chances: np.ndarray = np.interp(scores, self.scores, self.chances)
        return chances


class Recommender(Model):
    """EASE over histories. `films` and `stars` come from the feature store, the others are asked."""

    # A new person has no number, and MLflow knows no missing integer.
    inputs = {"user_id": "double", "liked": "string[]", "count": "long", "films": "long[]", "stars": "double[]"}
    requirements = ("numpy", "scipy", "threadpoolctl")

    def __init__(
        self, catalogue: Catalogue, served: ItemToItem, chance: Chance, past: Histories, rivals: Mapping[str, Method]
    ):
        self.catalogue, self.served, self.chance, self.rivals = catalogue, served, chance, rivals
        self.counts = past.matrix().getnnz(axis=0)

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the ranking of each row, how many of it the person would rate, and on how many ratings it rests.

        Raises InvalidRow for somebody without any history, and for a title that there is not.
        """
        past = self.histories(columns)
        films, scores = self.rank(past)
        shown = [row[: int(count)] for row, count in zip(films, columns["count"], strict=True)]
        chances = [self.chance.of(row[: len(given)]) for row, given in zip(scores, shown, strict=True)]
        titles, rankings = self.catalogue.titles, []
        for row, (given, sure) in enumerate(zip(shown, chances, strict=True)):
            because = self.reasons(past.part(row, row + 1), given)
            places = zip(given, sure, because, strict=True)
            rankings.append([{"item": titles[film], "score": float(p), "because": why} for film, p, why in places])
        return {
            "ranking": rankings,
            "expected": [float(sure.sum()) for sure in chances],
            "known": [len(rated) for rated in past.items],
            "popularity": [float(self.counts[row].mean()) for row in shown],
        }

    def rank(self, past: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the films for each history, the best first, and their scores, each of shape (n, CANDIDATES)."""
        parts = []
        for start in range(0, len(past), CHUNK):
            part = past.part(start, start + CHUNK)
            with one_thread():
                scores = self.served.scores(part.matrix(METHODS[SERVED].weighting))
            films = ranking.top(scores, part.matrix().toarray() > 0, CANDIDATES)
            parts.append((films, np.take_along_axis(scores, films, axis=1)))
        films, scores = (np.concatenate(made) for made in zip(*parts, strict=True))
        return films, scores

    def reasons(self, history: Histories, films: np.ndarray) -> list[list[str]]:
        """Return for each film the titles of one history that its score owes most to.

        A score of EASE is a sum: of each film rated, its weight in the history times `weights[rated, shown]`.
        """
        weighed, kept = history.matrix(METHODS[SERVED].weighting), self.served.kept
        column = np.minimum(np.searchsorted(kept, weighed.indices), len(kept) - 1)
        there = kept[column] == weighed.indices
        rated, column, weight = weighed.indices[there], column[there], weighed.data[there]
        why: list[list[str]] = [[] for _ in films]
        for row in np.flatnonzero(np.isin(films, kept)):
            shares = self.served.weights[column, np.searchsorted(kept, films[row])] * weight
            most = [source for source in np.argsort(-shares)[:REASONS] if shares[source] > 0]
            why[row] = [self.catalogue.titles[rated[source]] for source in most]
        return why

    def histories(self, columns: Columns) -> Histories:
        """Return the history of each row: what is stored, then what is liked."""
        films, stars = [], []
        rows = zip(columns["user_id"], columns["liked"], columns["films"], columns["stars"], strict=True)
        for row, (user, liked, stored, given) in enumerate(rows):
            stored, given = (list(values) if _there(values) else [] for values in (stored, given))
            if not stored and not len(liked):
                raise InvalidRow(
                    f"There are no ratings of user {user}. Send titles that this person likes as `liked`, or send a "
                    "rating as an event first.",
                    row,
                    "user_id",
                )
            films.append([*stored, *(self.number(title, row) for title in liked)])
            stars.append([*given, *[LIKED] * len(liked)])
        return histories(films, stars, self.catalogue.numbers)

    def number(self, title: str, row: int = 0, field: str = "liked") -> int:
        """Return the number of a film. Raises InvalidRow for a title that there is not."""
        place = self.catalogue.find(title)
        if place is None:
            near = self.catalogue.near(title)
            hint = (
                f" Did you mean {' or '.join(map(repr, near))}?" if near else " Titles are those of the table `films`."
            )
            raise InvalidRow(f"There is no film {title[:80]!r}.{hint}", row, field)
        return int(self.catalogue.numbers[place])


def _there(values: Any) -> bool:
    return isinstance(values, list | tuple | np.ndarray)
