"""What ranks the abstracts of SciFact: BM25, BM25F, MiniLM, both fused, a forest over what is known of each pair."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from capstan.inputs import weights_files
from capstan.settings import settings
from data_sets import scifact
from data_sets.scifact import SciFact
from models.encoder import vectors as encoded
from models.encoder.minilm_weights import WEIGHTS
from models.metrics import paired
from models.retrieval import fusion, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import Bm25f
from models.retrieval.segment import Document
from models.retrieval.writer import Writer
from pipelines.search.ranking import CHOSEN, Settings
from pipelines.search.studies import learned

FOLDS = 5  # of the claims to train on
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
        fresh = Rankings(self.data, self.part, replace(self.settings, **settings))
        for name, others in DEPENDS.items():
            if name in vars(self) and not others & settings.keys():
                vars(fresh)[name] = vars(self)[name]
        return fresh

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
        return np.asarray(vectors(self.claims.texts) @ abstracts(self.data).T)

    @cached_property
    def title_meanings(self) -> np.ndarray:
        """Return the cosines of MiniLM with the title alone."""
        return np.asarray(vectors(self.claims.texts) @ vectors(self.data.titles).T)

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


def interval(name: str, better: np.ndarray, worse: np.ndarray | float = 0.0) -> dict[str, float]:
    """Return a mean difference with its 95 % interval over claims or other units, as fields of a line."""
    found = paired.bootstrap(better, np.broadcast_to(worse, better.shape))
    return {name: found["difference"], f"{name}_low": found["low"], f"{name}_high": found["high"]}


@cache
def papers() -> SciFact:
    """Return SciFact."""
    return scifact.load(settings().data_dir)


@cache
def of(part: str) -> Rankings:
    """Return the rankings of the claims of a part, `train` or `test`, with the settings that were chosen."""
    return Rankings(papers(), part)


def folds(relevant: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Return the fold of each claim; those that share an abstract, through others too, have the same one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    claim = np.repeat(np.arange(len(relevant)), list(map(len, relevant)))
    abstract = np.concatenate(relevant)
    graph = coo_array((np.ones(len(claim)), (claim, abstract))).tocsr()
    groups = connected_components(graph @ graph.T)[1]
    return np.asarray(np.random.default_rng(seed).permutation(groups.max() + 1)[groups] % FOLDS)


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Return MiniLM's vectors of texts, shape (n, 384), computed once."""
    return encoded.of(texts, weights_files.fetch_all(WEIGHTS))


def abstracts(data: SciFact) -> np.ndarray:
    """Return the vectors of all abstracts, title and text as one, shape (n, 384)."""
    return vectors(data.whole())


_INDEXES: dict[tuple[str, int], Index] = {}


def indexed(data: SciFact, kind: str) -> Index:
    """Return an index of all abstracts. kind: `whole`, title and text as one field, or `fields`."""
    key = (kind, id(data))
    if key not in _INDEXES:
        names = ("text",) if kind == "whole" else ("title", "text")
        rows = zip(data.titles, data.texts, strict=True)
        whole = [
            {"text": f"{title} {text}"} if kind == "whole" else {"title": title, "text": text} for title, text in rows
        ]
        _INDEXES[key] = index_of(whole, names, data.keys)
    return _INDEXES[key]


def index_of(texts: Sequence[dict[str, str]], names: tuple[str, ...], keys: Sequence[str] | None = None) -> Index:
    """Return an index of texts, each with its fields, in a folder of this process. names: of the fields."""
    folder = Path(tempfile.mkdtemp(prefix="search-"))
    with Writer(folder, names) as writer:
        for number, fields in enumerate(texts):
            writer.add(Document(keys[number] if keys else str(number), fields))
        writer.commit()
    return Index(folder)


def bm25(texts: Sequence[str], asked: Sequence[str]) -> np.ndarray:
    """Return BM25 with the chosen settings of each query and text, shape (queries, texts)."""
    index, scoring = index_of([{"text": text} for text in texts], ("text",)), Bm25f(CHOSEN.k1, (CHOSEN.b,))
    return np.stack([index.all_scores(queries.words(text, Analyzer()), scoring) for text in asked])
