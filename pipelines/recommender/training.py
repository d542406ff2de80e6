"""From histories to what is served: one method, the probability that a score stands for, and its rivals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from capstan.errors import CapstanError
from models.metrics import ranking
from models.recommendation.histories import Histories, histories
from models.recommendation.item_to_item import ItemToItem
from pipelines.recommender import methods
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.columns import CANDIDATES
from pipelines.recommender.methods import METHODS, RIVALS, SERVED
from pipelines.recommender.model import Chance, Recommender

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
    served = cast(ItemToItem, methods.one(SERVED, past, listed, seed))
    return Recommender(listed, served, chance(past, listed, seed), past, rivals)


def chance(past: Histories, films: Catalogue, seed: int) -> Chance:
    """Return how likely somebody has rated a film, by its score: learned on a fifth that the scores have not seen."""
    from sklearn.isotonic import IsotonicRegression

    before, after = past.cut(seed)
    scores = methods.one(SERVED, before, films, seed).scores(before.matrix(METHODS[SERVED].weighting))
    shown = ranking.top(scores, before.matrix().toarray() > 0, CANDIDATES)
    relevant = np.array([np.isin(row, rated) for row, rated in zip(shown, after, strict=True)])
    fitted = IsotonicRegression(y_min=0, y_max=1).fit(np.take_along_axis(scores, shown, 1).ravel(), relevant.ravel())
    return Chance(fitted.X_thresholds_, fitted.y_thresholds_)
