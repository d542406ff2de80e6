"""What is served: a history, from the feature store or from titles that somebody likes, becomes a ranked list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from capstan.contract.model import Columns, Model
from capstan.errors import InvalidRow
from models.metrics import ranking
from models.recommendation.blended import Blended
from models.recommendation.histories import Histories, histories
from models.recommendation.item_to_item import LEAST
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.columns import CANDIDATES, CHUNK, LIKED, SHORT
from pipelines.recommender.methods import METHODS, SERVED, Method
from pipelines.recommender.threads import one_thread

REASONS = 2  # films of the history that an answer names for each of its films


class Curve(NamedTuple):
    """A rising function, as points: how likely a film is among a random fifth of somebody's ratings."""

    known: np.ndarray
    chances: np.ndarray


class Chance(NamedTuple):
    """A curve for histories of each number of SHORT, by the place, and one for longer histories, by the score."""

    curves: list[Curve]

    def of(self, scores: np.ndarray, titles: int) -> np.ndarray:
        """Return the probability of each place of a list, for a history of so many titles. scores: falling."""
        if titles > SHORT[-1]:
            found = np.interp(scores, *self.curves[-1])
        else:
            number = int(np.searchsorted(SHORT, titles, "right")) - 1
            found = np.interp(-np.arange(len(scores)), *self.curves[number])
        return np.asarray(found)


class Recommender(Model):
    """Neighbours and EASE over histories. `films` and `stars` come from the feature store, the others are asked."""

    # A new person has no number, and MLflow knows no missing integer.
    inputs = {"user_id": "double", "liked": "string[]", "count": "long", "films": "long[]", "stars": "double[]"}
    requirements = ("numpy", "scipy", "threadpoolctl")

    def __init__(
        self, catalogue: Catalogue, served: Blended, chance: Chance, past: Histories, rivals: Mapping[str, Method]
    ):
        self.catalogue, self.served, self.chance, self.rivals = catalogue, served, chance, rivals
        self.counts = past.matrix().getnnz(axis=0)

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the ranking of each row, how many of it the person would rate, and on how many ratings it rests.

        Raises InvalidRow for somebody without any history, for a title that there is not, and where no film of the
        history has enough ratings.
        """
        past = self.histories(columns)
        left_out = [[film for film in rated if self.counts[film] < LEAST] for rated in past.items]
        known = [len(rated) - len(left) for rated, left in zip(past.items, left_out, strict=True)]
        for row, (count, left) in enumerate(zip(known, left_out, strict=True)):
            if not count:
                raise InvalidRow(
                    f"Not enough ratings: fewer than {LEAST} people have rated {self._titles(left)}. Send a title that "
                    "more people have rated.",
                    row,
                    "liked" if len(columns["liked"][row]) else "user_id",
                )
        films, scores = self.rank(past)
        shown = [row[: int(count)] for row, count in zip(films, columns["count"], strict=True)]
        sizes = zip(scores, shown, known, strict=True)
        chances = [self.chance.of(row[: len(listed)], count) for row, listed, count in sizes]
        titles, rankings = self.catalogue.titles, []
        for row, (listed, sure) in enumerate(zip(shown, chances, strict=True)):
            because = self.reasons(past.part(row, row + 1), listed)
            places = zip(listed, sure, because, strict=True)
            rankings.append([{"item": titles[film], "score": float(p), "because": why} for film, p, why in places])
        return {
            "ranking": rankings,
            "expected": [float(sure.sum()) for sure in chances],
            "known": known,
            "ground": [self.ground(count) for count in known],
            "popularity": [float(self.counts[row].mean()) for row in shown],
            "unusual": [[f"not enough ratings: {self.catalogue.titles[film]}" for film in left] for left in left_out],
        }

    def ground(self, titles: int) -> str:
        """Return what an answer rests on, in words."""
        share = float(self.served.weight(np.array(float(titles))))
        return f"{1 - share:.0%} people who rated the same films, {share:.0%} EASE"

    def _titles(self, films: Sequence[int]) -> str:
        return ", ".join(repr(self.catalogue.titles[film]) for film in films[:3])

    def rank(self, past: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the films for each history, the best first, and their scores, each of shape (n, CANDIDATES)."""
        parts = []
        for start in range(0, len(past), CHUNK):
            part = past.part(start, start + CHUNK)
            with one_thread():
                scores = self.served.scores(part.matrix(METHODS[SERVED].weighting))
            films = ranking.top(scores, part.matrix().toarray() > 0, CANDIDATES)
            parts.append((films, np.take_along_axis(scores, films, axis=1)))
        films, scores = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return films, scores

    def reasons(self, history: Histories, films: np.ndarray) -> list[list[str]]:
        """Return for each film the titles of one history that its score owes most to.

        A score is a sum over the films rated, but for a term of popularity that is the same for everybody.
        """
        rated, shares = self.served.shares(history.matrix(METHODS[SERVED].weighting), films)
        most = np.argsort(-shares, axis=0)[:REASONS].T
        return [
            [self.catalogue.titles[rated[source]] for source in sources if shares[source, place] > 0]
            for place, sources in enumerate(most)
        ]

    def histories(self, columns: Columns) -> Histories:
        """Return the history of each row: what is stored, then what is liked."""
        films, stars = [], []
        rows = zip(columns["user_id"], columns["liked"], columns["films"], columns["stars"], strict=True)
        for row, (user, liked, stored, ratings) in enumerate(rows):
            stored, ratings = (list(values) if _there(values) else [] for values in (stored, ratings))
            if not stored and not len(liked):
                raise InvalidRow(
                    f"There are no ratings of user {user}. Send titles that this person likes as `liked`, or send a "
                    "rating as an event first.",
                    row,
                    "user_id",
                )
            films.append([*stored, *(self.number(title, row) for title in liked)])
            stars.append([*ratings, *[LIKED] * len(liked)])
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
