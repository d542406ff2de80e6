"""Pseudo relevance feedback: a query gets words of the first documents that it finds, or moves to their vectors.

Source: Abdul-Jaleel et al., "UMass at TREC 2004", section 2.2 (RM3); Rocchio, "Relevance feedback in information
retrieval" (1971), without what is not relevant.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from models.retrieval.queries import Query
from models.retrieval.scoring import Term


def rm3(query: Query, scores: np.ndarray, documents: Sequence[list[str]], papers: int, terms: int, own: float) -> Query:
    """Return a query with its own terms and the likeliest terms of the first papers, the relevance model RM3.

    scores: of all documents, shape (n,). documents: their terms. own: the share of the query's own terms. The
    probability of a query in a document is its share of scores.
    """
    first = [paper for paper in np.argsort(-scores, kind="stable")[:papers].tolist() if scores[paper] > 0]
    likely: dict[str, float] = defaultdict(float)
    for paper in first:
        for term, count in Counter(documents[paper]).items():
            likely[term] += float(scores[paper] / scores[first].sum() * count / len(documents[paper]))
    best = dict(sorted(likely.items(), key=lambda pair: -pair[1])[:terms])
    total, asked = sum(best.values()) or 1.0, sum(term.weight for term in query.terms) or 1.0
    mixed = defaultdict(float, {term: (1 - own) * value / total for term, value in best.items()})
    for term in query.terms:
        mixed[term.text] += (own if best else 1.0) * term.weight / asked
    return Query(tuple(Term(text, weight) for text, weight in mixed.items()))


def rocchio(vectors: np.ndarray, scores: np.ndarray, papers: np.ndarray, count: int, share: float) -> np.ndarray:
    """Return the vectors of queries, moved to the mean of the first papers, of length 1, shape (n, width).

    vectors: (n, width). scores: (n, papers). papers: their vectors. share: of the mean.
    """
    first = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    moved = (1 - share) * vectors + share * papers[first].mean(axis=1)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))
