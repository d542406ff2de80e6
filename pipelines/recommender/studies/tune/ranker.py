"""Two stages, a rival: retrieval by one method, then a ranker over the scores of all methods.

The ranker is learned on ratings that the methods have not seen: a random fifth of each history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.metrics import ranking
from models.recommendation.histories import WEIGHTINGS, Histories
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.columns import CANDIDATES, CHUNK
from pipelines.recommender.methods import METHODS, RETRIEVAL, Method
from pipelines.recommender.threads import one_thread

OFTEN = 5  # ratings that a film's mean is drawn with towards that of all
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "num_leaves": 4,
    "learning_rate": 0.05,
    "min_data_in_leaf": 100,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambdarank_truncation_level": 30,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


class Inputs:
    """What the ranker knows of a candidate: its scores, as they are and within its list, and the film itself."""

    def __init__(self, methods: Mapping[str, Method], films: Catalogue, past: Histories):
        self.methods = methods
        self.years = np.where(np.isnan(films.years), np.nanmedian(films.years), films.years)
        self.counts = past.matrix().getnnz(axis=0)
        total = np.bincount(np.concatenate(past.items), np.concatenate(past.ratings), past.m)
        overall = total.sum() / self.counts.sum()
        self.mean_stars = (total + OFTEN * overall) / (self.counts + OFTEN)

    @property
    def names(self) -> list[str]:
        """The columns, in order."""
        scores = [f"{name} {weighting}" for name in self.methods for weighting in METHODS[name].ranked]
        return [*scores, *(f"{name}, in its list" for name in scores), "ratings", "stars", "year gap", "history"]

    def table(self, past: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the candidates of each history, shape (n, CANDIDATES), and their columns."""
        parts = []
        for start in range(0, len(past), CHUNK):
            part = past.part(start, start + CHUNK)
            with one_thread():
                films = self.candidates(part)
                parts.append((films, self.columns(part, films)))
        films, columns = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return films, columns

    def candidates(self, part: Histories) -> np.ndarray:
        """Return the positions of the films to rank for each history, shape (n, CANDIDATES)."""
        scores = self.methods[RETRIEVAL].scores(part.matrix(METHODS[RETRIEVAL].weighting))
        return ranking.top(scores, part.matrix().toarray() > 0, CANDIDATES)

    def columns(self, part: Histories, films: np.ndarray) -> np.ndarray:
        """Return what is known of each candidate, shape (n, candidates, names)."""
        weighted = {weighting: part.matrix(weighting) for weighting in WEIGHTINGS}
        scores = [
            np.take_along_axis(method.scores(weighted[weighting]), films, axis=1)
            for name, method in self.methods.items()
            for weighting in METHODS[name].ranked
        ]
        raw = np.stack(scores, axis=2)
        within = (raw - raw.mean(axis=1, keepdims=True)) / (raw.std(axis=1, keepdims=True) + 1e-9)
        rated = weighted["all"]
        years = rated @ self.years / np.maximum(np.asarray(rated.sum(axis=1)).ravel(), 1e-9)
        size = np.array([len(films) for films in part.items], dtype=float)
        others = np.stack(
            [
                self.counts[films],
                self.mean_stars[films],
                self.years[films] - years[:, None],
                np.repeat(size[:, None], films.shape[1], axis=1),
            ],
            axis=2,
        )
        return np.concatenate([raw, within, others], axis=2)


class TwoStages:
    """Retrieval, then LightGBM's LambdaMART. Source: Burges, From RankNet to LambdaRank to LambdaMART, 2010."""

    def __init__(self, rounds: int = 200, parameters: Mapping[str, Any] = PARAMETERS):
        self.rounds, self.parameters = rounds, dict(parameters)

    def fit(self, inputs: Inputs, past: Histories, after: Sequence[np.ndarray], seed: int = 0) -> TwoStages:
        """Learn to put the films that came `after` each history first."""
        return self.learn(*inputs.table(past), after, seed)

    def learn(self, films: np.ndarray, columns: np.ndarray, after: Sequence[np.ndarray], seed: int = 0) -> TwoStages:
        """Learn from candidates, shape (n, CANDIDATES), and what is known of them, shape (n, CANDIDATES, names)."""
        import lightgbm

        relevant = np.array([np.isin(row, rated) for row, rated in zip(films, after, strict=True)])
        rows = columns.reshape(-1, columns.shape[2])
        data = lightgbm.Dataset(rows, relevant.ravel().astype(int), group=[films.shape[1]] * len(films))
        self.booster = lightgbm.train(self.parameters | {"seed": seed, "num_threads": 1}, data, self.rounds)
        return self

    def rank(self, inputs: Inputs, part: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the candidates of each history, the best first, and their scores, each of shape (n, CANDIDATES)."""
        return self.order(*inputs.table(part))

    def order(self, films: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return candidates, the best first, and their scores, each of shape (n, CANDIDATES)."""
        rows = columns.reshape(-1, columns.shape[2])
        scores = np.asarray(self.booster.predict(rows, num_threads=1)).reshape(films.shape)
        order = np.argsort(-scores, axis=1, kind="stable")
        return np.take_along_axis(films, order, axis=1), np.take_along_axis(scores, order, axis=1)
