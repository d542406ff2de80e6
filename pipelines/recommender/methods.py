"""The methods side by side, with the parameters that were chosen on validation data (`studies/tune/results.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from models.recommendation.als import Als
from models.recommendation.blended import Blended
from models.recommendation.content import Content
from models.recommendation.ease import Ease
from models.recommendation.histories import Histories
from models.recommendation.item_knn import ItemKnn
from models.recommendation.popularity import Popularity
from models.recommendation.svd import Svd
from models.recommendation.two_tower import TwoTower
from models.recommendation.user_knn import UserKnn
from pipelines.recommender.catalogue import Catalogue


class Method(Protocol):
    """What every method has."""

    def fit(self, past: Histories, catalogue: Catalogue, seed: int = 0) -> Method:
        """Learn from histories."""

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each film for each history, shape (n, m)."""


class Kind(NamedTuple):
    """A method, how it weighs a history when it stands alone, and its parameters; `ranked` are the weightings whose
    scores the ranker gets."""

    make: Any
    weighting: str
    parameters: dict[str, Any]
    ranked: tuple[str, ...]


METHODS: dict[str, Kind] = {
    "popularity": Kind(Popularity, "all", {}, ("all",)),
    "content": Kind(Content, "stars", {"popularity": 0.3}, ("stars", "taste")),
    "item_knn": Kind(ItemKnn, "stars", {"neighbours": 200, "shrink": 50.0}, ("stars", "taste")),
    "user_knn": Kind(UserKnn, "stars", {"neighbours": 100}, ("stars",)),
    "svd": Kind(Svd, "stars", {"factors": 32}, ("stars", "taste")),
    "als": Kind(Als, "stars", {"factors": 96, "ridge": 10.0, "alpha": 0.0}, ("stars", "taste")),
    "ease": Kind(Ease, "stars", {"ridge": 200.0}, ("stars", "taste")),
    "blend": Kind(Blended, "stars", {"ridge": 200.0, "neighbours": 100, "few": 10, "half": 5.0, "prior": 0.4}, ()),
    "two_tower": Kind(TwoTower, "stars", {"size": 32, "epochs": 24, "rate": 0.02}, ()),  # takes a minute to learn
}
STAGED = tuple(name for name, kind in METHODS.items() if kind.ranked)
SERVED = "blend"
RIVALS = ("popularity", "item_knn", "user_knn", "als", "ease")  # what each run measures next to it
RETRIEVAL = "ease"  # hands candidates to the ranker of the two stages
RANDOM = ("als", "two_tower")  # depend on the seed


def fit(
    past: Histories,
    catalogue: Catalogue,
    seed: int = 0,
    fitted: Mapping[str, Method] | None = None,
    names: Iterable[str] = tuple(METHODS),
) -> dict[str, Method]:
    """Return methods, fitted. Those of `fitted` that do not depend on the seed are taken as they are."""
    kept = {name: method for name, method in (fitted or {}).items() if name not in RANDOM}
    return {name: kept[name] if name in kept else one(name, past, catalogue, seed) for name in names}


def one(name: str, past: Histories, catalogue: Catalogue, seed: int = 0) -> Method:
    """Return a method, fitted."""
    method: Method = METHODS[name].make(**METHODS[name].parameters).fit(past, catalogue, seed)
    return method
