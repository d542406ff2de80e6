"""From histories to what is served: the ranker learns on held-out ratings, then every method learns from all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from pipelines.recommender import methods
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.histories import Histories, histories
from pipelines.recommender.model import Recommender
from pipelines.recommender.ranker import Hybrid, Inputs

if TYPE_CHECKING:
    import pandas as pd


def fit(people: pd.DataFrame, films: pd.DataFrame, seed: int) -> Recommender:
    """Return the model. people: one row each, with the numbers of the films and the stars, the latest last.

    Raises CapstanError where there are too few.
    """
    fewest = methods.METHODS["svd"].parameters["factors"]
    if len(people) <= fewest:
        raise CapstanError(
            f"{len(people)} people are too few: the methods need more than {fewest}. Give it more ratings."
        )
    known = catalogue(films)
    past = histories(people["films"], people["stars"], known.numbers)
    hybrid = ranker(past, known, seed)
    return Recommender(known, Inputs(methods.fit(past, known, seed), known, past), hybrid)


def ranker(past: Histories, films: Catalogue, seed: int) -> Hybrid:
    """Return a ranker that has learned on the last fifth of each history, with methods that have not seen it."""
    before, after = past.cut()
    return Hybrid().fit(Inputs(methods.fit(before, films, seed), films, before), before, after, seed)
