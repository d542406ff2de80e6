"""What ranks the abstracts of SciFact: BM25, BM25F, MiniLM, both fused, a forest over what is known of each pair."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from data_sets.scifact import SciFact
from models.metrics import ranking
from models.retrieval import fusion, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import Bm25f
from models.retrieval.segment import Document
from models.retrieval.writer import Writer
from pipelines.search import embedding, learned


@dataclass(frozen=True)
class Settings:
    """k1, b: of BM25. weight: of the title, where the text has 1. constant: of the fusion by place. share: of MiniLM in
    the weighted one. leaves, rounds: of the forest."""

    k1: float = 0.9
    b: float = 0.5
    weight: float = 2.0
    constant: float = 5
    share: float = 0.75
    leaves: int = 4
    rounds: int = 300


CHOSEN = Settings()  # on the claims to train on: `tune.json`
# What is computed, and the settings that it depends on.
DEPENDS: dict[str, set[str]] = {
    "queries": set(),
    "words": {"k1", "b"},
    "titles": {"k1", "b"},
    "meanings": set(),
    "title_meanings": set(),
    "both": {"k1", "b", "share"},
    "candidates": {"k1", "b", "share"},
}


class Rankings:
    """The scores of all abstracts for some claims, of each method, shape (claims, abstracts)."""

    def __init__(self, data: SciFact, part: str, settings: Settings = CHOSEN):
        self.data, self.part, self.settings = data, part, settings
        self.claims = data.claims[part]

    def changed(self, **settings: Any) -> Rankings:
        """Return the same with other settings. What was computed and does not depend on them is kept."""
        made = Rankings(self.data, self.part, replace(self.settings, **settings))
        for name, others in DEPENDS.items():
            if name in vars(self) and not others & settings.keys():
                vars(made)[name] = vars(self)[name]
        return made

    @cached_property
    def queries(self) -> list[queries.Query]:
        """Return the claims as queries of words."""
        return [queries.words(text, Analyzer()) for text in self.claims.texts]

    @cached_property
    def words(self) -> np.ndarray:
        """Return BM25 of title and text as one field."""
        return self._scored("whole", (1.0,))

    @cached_property
    def fields(self) -> np.ndarray:
        """Return BM25F of title and text."""
        return self._scored("fields", (self.settings.weight, 1.0))

    @cached_property
    def titles(self) -> np.ndarray:
        """Return BM25 of the title alone."""
        return self._scored("fields", (1.0, 0.0))

    @cached_property
    def meanings(self) -> np.ndarray:
        """Return the cosines of MiniLM."""
        return np.asarray(embedding.vectors(self.claims.texts) @ abstracts(self.data).T)

    @cached_property
    def title_meanings(self) -> np.ndarray:
        """Return the cosines of MiniLM with the title alone."""
        return np.asarray(embedding.vectors(self.claims.texts) @ embedding.vectors(self.data.titles).T)

    @cached_property
    def reciprocal(self) -> np.ndarray:
        """Return the fusion of BM25 and cosines by place."""
        return fusion.reciprocal([self.words, self.meanings], self.settings.constant)

    @cached_property
    def both(self) -> np.ndarray:
        """Return the weighted sum of BM25 and cosines."""
        return fusion.weighted(self.words, self.meanings, self.settings.share)

    @cached_property
    def served(self) -> np.ndarray:
        """Return the weighted sum of BM25F and cosines, as the endpoint has it."""
        return fusion.weighted(self.fields, self.meanings, self.settings.share)

    @cached_property
    def candidates(self) -> learned.Candidates:
        """Return the candidates of the forest with their columns."""
        known = learned.Abstracts(self.data.whole(), abstracts(self.data), Analyzer())
        return learned.candidates(
            self.claims.texts, self.words, self.titles, self.meanings, self.title_meanings, self.both, known
        )

    def _scored(self, kind: str, weights: tuple[float, ...]) -> np.ndarray:
        index, scoring = indexed(self.data, kind), Bm25f(self.settings.k1, (self.settings.b,), weights)
        return np.stack([index.all_scores(query, scoring) for query in self.queries])


def ndcg(scores: np.ndarray, relevant: Sequence[np.ndarray], k: int = 10) -> np.ndarray:
    """Return nDCG of the first k abstracts of each claim, shape (n,)."""
    return ranking.ndcg(ranking.top(scores, np.zeros((1, 1), bool), k), relevant, k)


def recall(scores: np.ndarray, relevant: Sequence[np.ndarray], k: int = 100) -> np.ndarray:
    """Return the share of the relevant abstracts that are among the first k, shape (n,)."""
    return ranking.recall(ranking.top(scores, np.zeros((1, 1), bool), k), relevant)


def abstracts(data: SciFact) -> np.ndarray:
    """Return the vectors of all abstracts, title and text as one, shape (n, 384)."""
    return embedding.vectors(data.whole())


_INDEXES: dict[str, Index] = {}


def indexed(data: SciFact, kind: str) -> Index:
    """Return an index of all abstracts. kind: `whole`, title and text as one field, or `fields`."""
    key = f"{kind} {id(data)}"
    if key not in _INDEXES:
        folder = Path(tempfile.mkdtemp(prefix="search-"))
        with Writer(folder, ("text",) if kind == "whole" else ("title", "text")) as writer:
            for name, title, text in zip(data.keys, data.titles, data.texts, strict=True):
                fields = {"text": f"{title} {text}"} if kind == "whole" else {"title": title, "text": text}
                writer.add(Document(name, fields))
            writer.commit()
        _INDEXES[key] = Index(folder)
    return _INDEXES[key]
