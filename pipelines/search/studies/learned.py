"""Learning to rank: a forest orders the candidates of two rankings by what is known of claim and abstract.

Source: Burges, "From RankNet to LambdaRank to LambdaMART" (2010), as LightGBM has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from models.metrics import ranking
from models.retrieval import fusion
from models.retrieval.analysis import Analyzer
from models.retrieval.scoring import idf

if TYPE_CHECKING:
    from lightgbm import Booster

DEPTH = 50  # candidates of each ranking
FIRST = 3  # abstracts that others are compared with
NAMES = (
    "bm25", "bm25 in its list", "place by bm25", "bm25 of the title", "cosine", "cosine in its list", "place by cosine",
    "cosine of the title", "both", "share of the words", "share of their rareness", "rarest word that is missing",
    "pairs of words in a row", "numbers", "like the first", "words of the claim", "words of the abstract",
)  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "lambda_l2": 10.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambdarank_truncation_level": 15,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Candidates:
    """What is ranked: for each pair its claim and its abstract, shape (n,), and its columns, shape (n, features)."""

    claim: np.ndarray
    abstract: np.ndarray
    columns: np.ndarray

    def of(self, claims: np.ndarray) -> Candidates:
        """Return the pairs of some claims, given by their numbers."""
        mask = np.isin(self.claim, claims)
        return Candidates(self.claim[mask], self.abstract[mask], self.columns[mask])


class Abstracts:
    """The words of abstracts, counted once."""

    def __init__(self, texts: Sequence[str], vectors: np.ndarray, analyzer: Analyzer):
        self.analyzer, self.vectors = analyzer, vectors
        terms = [analyzer.terms(text) for text in texts]
        self.terms, self.pairs = [set(abstract) for abstract in terms], [set(pairwise(abstract)) for abstract in terms]
        self.lengths = np.array(list(map(len, terms)))
        having = Counter(term for abstract in self.terms for term in abstract)
        self.rareness = {term: idf(len(texts), count) for term, count in having.items()}
        self.rarest = idf(len(texts), 0)

    def matched(self, claim: list[str], number: int) -> list[float]:
        """Return what a claim and an abstract share: words, rareness, the rarest lacking, pairs in a row, numbers."""
        words, pairs = set(claim), set(pairwise(claim))
        there = words & self.terms[number]
        rareness = {term: self.rareness.get(term, self.rarest) for term in words}
        figures = {term for term in words if term[0].isdigit()}
        return [
            len(there) / max(len(words), 1),
            sum(rareness[term] for term in there) / max(sum(rareness.values()), 1e-12),
            max((rareness[term] for term in words - there), default=0.0),
            len(pairs & self.pairs[number]) / max(len(pairs), 1),
            len(figures & there) / len(figures) if figures else -1.0,
        ]


def candidates(
    claims: Sequence[str],
    words: np.ndarray,
    titles: np.ndarray,
    meanings: np.ndarray,
    title_meanings: np.ndarray,
    both: np.ndarray,
    known: Abstracts,
) -> Candidates:
    """Return the pairs of claims and the best abstracts of two rankings, with their columns as in `NAMES`.

    words, titles: BM25 of abstracts and of titles. meanings, title_meanings: cosines of both. both: BM25 and cosines
    of the abstracts as one. All have the shape (n, documents).
    """
    at_words, at_meanings = fusion.ranks(words), fusion.ranks(meanings)
    claim, abstract = np.nonzero((at_words <= DEPTH) | (at_meanings <= DEPTH))
    terms = [known.analyzer.terms(text) for text in claims]
    matched = [known.matched(terms[row], number) for row, number in zip(claim.tolist(), abstract.tolist(), strict=True)]
    pair = (claim, abstract)
    columns = np.column_stack(
        [
            words[pair],
            words[pair] / np.maximum(words.max(axis=1), 1e-12)[claim],
            np.log(at_words[pair]),
            titles[pair],
            meanings[pair],
            meanings[pair] - meanings.max(axis=1)[claim],
            np.log(at_meanings[pair]),
            title_meanings[pair],
            both[pair],
            *np.array(matched).T,
            like_the_first(both, known.vectors)[pair],
            np.array(list(map(len, terms)))[claim],
            known.lengths[abstract],
        ]
    )
    return Candidates(claim, abstract, columns)


def like_the_first(scores: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the mean cosine of each abstract and the first ones of a list, without itself, shape (n, documents)."""
    first = ranking.top(scores, np.zeros((1, 1), bool), FIRST + 1)
    means = np.empty(scores.shape, np.float32)
    for row, numbers in enumerate(first):
        likeness = vectors[numbers] @ vectors.T
        total, count = likeness[:FIRST].sum(axis=0), np.full(len(vectors), float(FIRST))
        own = numbers[:FIRST]
        total[own] += likeness[FIRST, own] - likeness[np.arange(FIRST), own]  # the next one in the place of itself
        means[row] = total / count
    return means


def fit(pairs: Candidates, relevant: Sequence[np.ndarray], leaves: int, rounds: int, seed: int) -> Booster:
    """Return what orders candidates. relevant: the abstracts of each claim, by its number."""
    import lightgbm

    truth = np.array([number in relevant[claim] for claim, number in zip(pairs.claim, pairs.abstract, strict=True)])
    data = lightgbm.Dataset(pairs.columns, truth.astype(int), group=np.unique(pairs.claim, return_counts=True)[1])
    return lightgbm.train(PARAMETERS | {"num_leaves": leaves, "seed": seed}, data, rounds)


def scores(booster: Booster, pairs: Candidates, shape: tuple[int, int]) -> np.ndarray:
    """Return the score of each abstract for each claim; -infinity for what is no candidate."""
    table = np.full(shape, -np.inf)
    table[pairs.claim, pairs.abstract] = np.asarray(booster.predict(pairs.columns, num_threads=1))
    return table
