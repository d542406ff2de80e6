"""What is served: a history, from the feature store or from titles that somebody likes, becomes a ranked list."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax

from capstan.errors import InvalidRow
from capstan.model import Columns, Model
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.columns import LIKED
from pipelines.recommender.histories import Histories, histories
from pipelines.recommender.ranker import Hybrid, Inputs


class Recommender(Model):
    """Retrieval and ranking over histories. `films` and `stars` come from the feature store, the others are asked."""

    # A new person has no number, and MLflow knows no missing integer.
    inputs = {"user_id": "double", "liked": "string[]", "count": "long", "films": "long[]", "stars": "double[]"}
    requirements = ("lightgbm", "numpy", "scipy", "threadpoolctl")

    def __init__(self, catalogue: Catalogue, ranked_by: Inputs, hybrid: Hybrid):
        self.catalogue, self.ranked_by, self.hybrid = catalogue, ranked_by, hybrid

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the ranking of each row, on how many ratings it rests, and how well known its films are.

        The score of a film is its share among the candidates, a softmax of what the ranker says.

        Raises InvalidRow for somebody without any history, and for a title that there is not.
        """
        known = self.histories(columns)
        films, scores = self.hybrid.rank(self.ranked_by, known)
        shares = softmax(scores, axis=1)
        counts, titles = [int(count) for count in columns["count"]], self.catalogue.titles
        shown = [row[:count] for row, count in zip(films, counts, strict=True)]
        return {
            "ranking": [
                [{"item": titles[film], "score": float(score)} for film, score in zip(row, given, strict=False)]
                for row, given in zip(shown, shares, strict=True)
            ],
            "known": [len(rated) for rated in known.films],
            "popularity": [float(self.ranked_by.counts[row].mean()) for row in shown],
        }

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
