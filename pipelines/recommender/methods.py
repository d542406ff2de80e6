"""The methods side by side, with the parameters that were chosen on validation data (`compare.json`, `chosen`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.recommender.als import Als
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.content import Content
from pipelines.recommender.ease import Ease
from pipelines.recommender.histories import Histories
from pipelines.recommender.item_knn import ItemKnn
from pipelines.recommender.popularity import Popularity
from pipelines.recommender.svd import Svd
from pipelines.recommender.transitions import Transitions
from pipelines.recommender.two_tower import TwoTower


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
    "content": Kind(Content, "taste", {"popularity": 0.3}, ("all", "taste")),
    "item_knn": Kind(ItemKnn, "latest", {"neighbours": 10_000, "shrink": 50.0}, ("all", "latest")),
    "svd": Kind(Svd, "taste", {"factors": 64}, ("all", "taste")),
    "als": Kind(Als, "taste", {"factors": 96, "ridge": 10.0, "alpha": 0.0}, ("all", "taste")),
    "ease": Kind(Ease, "recent", {"ridge": 400.0}, ("all", "recent", "taste")),
    "transitions": Kind(Transitions, "latest", {"reach": 40, "shrink": 30.0}, ("recent", "latest")),
    "two_tower": Kind(TwoTower, "taste", {"size": 32, "epochs": 24, "rate": 0.02}, ("all", "taste")),
}
RETRIEVAL = "ease"  # hands candidates to the ranker
RANDOM = ("als", "two_tower")  # depend on the seed


def fit(
    past: Histories, catalogue: Catalogue, seed: int = 0, known: Mapping[str, Method] | None = None
) -> dict[str, Method]:
    """Return every method, fitted. Those of `known` that do not depend on the seed are taken as they are."""
    kept = {name: method for name, method in (known or {}).items() if name not in RANDOM}
    return {
        name: kept[name] if name in kept else kind.make(**kind.parameters).fit(past, catalogue, seed)
        for name, kind in METHODS.items()
    }
