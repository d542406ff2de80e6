"""From histories to what is served: one method, the probability that a score stands for, and its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from capstan.errors import CapstanError
from models.metrics import ranking
from models.recommendation.blended import Blended
from models.recommendation.histories import SHARE, Histories, histories
from pipelines.recommender import methods, protocol
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.columns import CANDIDATES, SHORT
from pipelines.recommender.methods import METHODS, RIVALS, SERVED, Method
from pipelines.recommender.model import Chance, Curve, Recommender

if TYPE_CHECKING:
    import pandas as pd


def fit(people: pd.DataFrame, films: pd.DataFrame, seed: int) -> Recommender:
    """Return the model. people: one row each, with the numbers of the films and the stars.

    Raises CapstanError where there are too few.
    """
    fewest = METHODS["als"].parameters["factors"]
    if len(people) <= fewest:
        raise CapstanError(
            f"{len(people)} people are too few: the methods need more than {fewest}. Give it more ratings."
        )
    listed = catalogue(films)
    past = histories(people["films"], people["stars"], listed.numbers)
    rivals = methods.fit(past, listed, seed, names=RIVALS)
    served = cast(Blended, methods.one(SERVED, past, listed, seed))
    return Recommender(listed, served, chance(past, listed, seed), past, rivals)


def chance(past: Histories, films: Catalogue, seed: int) -> Chance:
    """Return how likely a film is in a fifth of somebody's ratings, drawn at random.

    For short histories it depends on the place: it is learned on a fifth of the people, who are new to the scores,
    with histories cut to each number of SHORT. For longer ones it depends on the score, and is learned on a fifth of
    each history, which the scores have not seen.
    """
    before, after = past.cut(seed)
    order = np.random.default_rng(seed).permutation(len(past))
    border = max(int(len(past) * SHARE), 1)
    new, others = past.take(order[:border]), past.take(order[border:])
    served, curves = methods.one(SERVED, others, films, seed), []
    for titles in SHORT:
        few = protocol.cut(new, titles, seed, past)
        rest = [np.setdiff1d(*pair) for pair in zip(new.items, few.items, strict=True)]
        _, found = judged(served, few, rest)
        curves.append(curve(np.broadcast_to(-np.arange(CANDIDATES), found.shape), SHARE * found))
    return Chance([*curves, curve(*judged(methods.one(SERVED, before, films, seed), before, after))])


def judged(served: Method, asked: Histories, relevant: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of the films shown for each history, and which are relevant, each of shape (n, CANDIDATES)."""
    scores = served.scores(asked.matrix(METHODS[SERVED].weighting))
    shown = ranking.top(scores, asked.matrix().toarray() > 0, CANDIDATES)
    found = np.array([np.isin(row, films) for row, films in zip(shown, relevant, strict=True)])
    return np.take_along_axis(scores, shown, 1), found


def curve(known: np.ndarray, found: np.ndarray) -> Curve:
    """Return the rising function that is nearest to what was found."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0, y_max=1).fit(known.ravel(), found.ravel())
    return Curve(fitted.X_thresholds_, fitted.y_thresholds_)
