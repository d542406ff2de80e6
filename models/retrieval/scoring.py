"""BM25F, and BM25 where there is one field.

A term adds idf * x / (k1 + x), where x is the weighted sum over fields of count / (1 - b + b * length / mean length).
Source: Zaragoza et al., "Microsoft Cambridge at TREC-13" (2004), equations 1 to 3; Robertson and Zaragoza, "The
probabilistic relevance framework: BM25 and beyond" (2009), section 3.6. idf is ln(1 + (N - n + 0.5) / (n + 0.5)), which
is never negative, and there is no factor k1 + 1: it is the same for all, as in Lucene since version 8.

Reference: the formula of Zaragoza et al. over all documents, 1e-12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bm25f:
    """weights and b: one per field; a single value holds for all fields."""

    k1: float = 0.9
    b: tuple[float, ...] = (0.4,)
    weights: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Term:
    """A term of a query. weight: what its score is multiplied by. field: the number of the only one that counts."""

    text: str
    weight: float = 1.0
    field: int | None = None


@dataclass(frozen=True)
class Statistics:
    """Of all documents that are not deleted: their number, and the mean length of each field, shape (fields,)."""

    documents: int
    mean_lengths: np.ndarray


def idf(documents: int, having: int) -> float:
    """Return how rare a term is. having: documents with it."""
    return math.log1p((documents - having + 0.5) / (having + 0.5))


class TermScore:
    """The score that one term of a query adds, for any count and length."""

    def __init__(self, term: Term, scoring: Bm25f, statistics: Statistics, having: int):
        fields = len(statistics.mean_lengths)
        self.term, self.k1 = term, scoring.k1
        self.factor = term.weight * idf(statistics.documents, having)
        self.b = np.broadcast_to(np.asarray(scoring.b, float), fields)
        self.mean = np.maximum(statistics.mean_lengths, 1e-12)
        self.weights = np.broadcast_to(np.asarray(scoring.weights, float), fields).copy()
        if term.field is not None:
            self.weights[np.arange(fields) != term.field] = 0.0

    def field(self, field: int, counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return what a field adds to x, shape (n,)."""
        b = self.b[field]
        return np.asarray(self.weights[field] * counts / (1 - b + b * lengths / self.mean[field]))

    def of(self, counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the scores of documents, shape (n,). counts: shape (n, fields). lengths: shape (fields, n)."""
        x = np.zeros(len(counts))
        for place in range(len(self.weights)):
            x += self.field(place, counts[:, place], lengths[place])
        return self.saturated(x)

    def saturated(self, x: np.ndarray) -> np.ndarray:
        """Return the scores of sums over fields, shape (n,)."""
        return np.asarray(self.factor * x / (self.k1 + x))
