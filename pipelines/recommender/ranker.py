"""The hybrid: retrieval by one method, then a ranker over the scores of all methods.

The ranker is learned on ratings that the methods have not seen: each history's last fifth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.recommender import metrics
from pipelines.recommender.catalogue import Catalogue
from pipelines.recommender.columns import CANDIDATES
from pipelines.recommender.histories import WEIGHTINGS, Histories
from pipelines.recommender.methods import METHODS, RETRIEVAL, Method

CHUNK = 64  # histories at a time: a score of each film for each of them is large
OFTEN = 5  # ratings that a film's mean is drawn with towards that of all
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "num_leaves": 6,
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
        total = np.bincount(np.concatenate(past.films), np.concatenate(past.stars), past.m)
        overall = total.sum() / self.counts.sum()
        self.mean_stars = (total + OFTEN * overall) / (self.counts + OFTEN)

    @property
    def names(self) -> list[str]:
        """The columns, in order."""
        scores = [f"{name} {weighting}" for name in self.methods for weighting in METHODS[name].ranked]
        return [*scores, *(f"{name}, in its list" for name in scores), "ratings", "stars", "year gap", "history"]

    def candidates(self, part: Histories) -> np.ndarray:
        """Return the positions of the films to rank for each history, shape (n, CANDIDATES)."""
        scores = self.methods[RETRIEVAL].scores(part.matrix(METHODS[RETRIEVAL].weighting))
        return metrics.top(scores, part.matrix().toarray() > 0, CANDIDATES)

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
        recent = weighted["recent"]
        years = recent @ self.years / np.maximum(np.asarray(recent.sum(axis=1)).ravel(), 1e-9)
        size = np.array([len(rated) for rated in part.films], dtype=float)
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


class Hybrid:
    """Retrieval, then LightGBM's LambdaMART. Source: Burges, From RankNet to LambdaRank to LambdaMART, 2010."""

    def __init__(self, rounds: int = 150, parameters: Mapping[str, Any] = PARAMETERS):
        self.rounds, self.parameters = rounds, dict(parameters)

    def fit(self, inputs: Inputs, past: Histories, after: Sequence[np.ndarray], seed: int = 0) -> Hybrid:
        """Learn to put the films that came `after` each history first."""
        import lightgbm

        rows, relevant = [], []
        for part, held in _chunks(past, after):
            films = inputs.candidates(part)
            rows.append(inputs.columns(part, films).reshape(-1, len(inputs.names)))
            relevant += [np.isin(row, rated) for row, rated in zip(films, held, strict=True)]
        data = lightgbm.Dataset(
            np.concatenate(rows), np.concatenate(relevant).astype(int), group=[CANDIDATES] * len(past)
        )
        self.booster = lightgbm.train(self.parameters | {"seed": seed, "num_threads": 2}, data, self.rounds)
        return self

    def rank(self, inputs: Inputs, part: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the candidates of each history, the best first, and their scores, each of shape (n, CANDIDATES)."""
        found, scores = [], []
        for chunk, _ in _chunks(part, part.films):
            films = inputs.candidates(chunk)
            columns = inputs.columns(chunk, films).reshape(-1, len(inputs.names))
            given = np.asarray(self.booster.predict(columns, num_threads=1)).reshape(films.shape)
            order = np.argsort(-given, axis=1, kind="stable")
            found.append(np.take_along_axis(films, order, axis=1))
            scores.append(np.take_along_axis(given, order, axis=1))
        return np.concatenate(found), np.concatenate(scores)

    def importance(self, inputs: Inputs) -> dict[str, float]:
        """Return the share of the gain that each column has."""
        gain = self.booster.feature_importance("gain")
        return dict(zip(inputs.names, (gain / gain.sum()).tolist(), strict=True))


def _chunks(part: Histories, held: Sequence[np.ndarray]) -> Iterator[tuple[Histories, Sequence[np.ndarray]]]:
    for start in range(0, len(part), CHUNK):
        yield part.part(start, start + CHUNK), held[start : start + CHUNK]
