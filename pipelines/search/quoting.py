"""An answer of quotes: sentences of the first papers, each with the probability that it is what decides the claim.

Nothing is written, so a quote is faithful to what it cites. The probability is that of logistic regression over five
figures of a sentence; it learned from the reasons that SciFact names for the claims to train on (the study `quotes`).
Where no sentence has the least probability, there is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.retrieval.scoring import idf
from models.text.sentences import sentences

if TYPE_CHECKING:
    from models.retrieval.directory import Index
    from models.retrieval.queries import Query

PAPERS, MOST = 3, 3  # papers that are read, quotes of an answer
NAMES = ("nearness", "behind the nearest", "share of the rare words", "nearness of its paper", "place in it")


@dataclass(frozen=True)
class Settings:
    """weights: of `NAMES`. least: the probability of a quote."""

    weights: tuple[float, ...] = (0.0,) * len(NAMES)
    intercept: float = 0.0
    least: float = 0.5


class Quote(NamedTuple):
    """A sentence. paper: its place in the list, from 0. sentence: its number in the abstract, from 0."""

    paper: int
    sentence: int
    text: str
    probability: float


CHOSEN = Settings((-3.13, 4.92, 4.53, 7.15, 2.16), -6.98, 0.1)  # by the study `quotes`


def divided(text: str) -> list[str]:
    """Return the sentences of an abstract."""
    return [text[span.start : span.end] for span in sentences(text)] or [text]


class Rareness:
    """How much of a query a sentence has, by the rareness of its words in an index."""

    def __init__(self, index: Index, query: Query):
        self.analyzer = index.manifest.analyzer
        self.rareness = {term.text: idf(len(index), index.having(term.text)) for term in query.terms}

    def share(self, sentence: str) -> float:
        """Return the share of the rareness of the query's words that a sentence has."""
        there = set(self.analyzer.terms(sentence))
        return sum(value for term, value in self.rareness.items() if term in there) / max(
            sum(self.rareness.values()), 1e-12
        )


def figures(near: Sequence[np.ndarray], shares: Sequence[np.ndarray], cosines: Sequence[float]) -> np.ndarray:
    """Return the figures of all sentences of some papers, shape (sentences, 5), as in `NAMES`.

    near, shares: cosines of the query and each sentence of a paper, and what `Rareness` says of it; a row for each
    paper. cosines: of the query and each paper.
    """
    nearest = max((row.max() for row in near), default=0.0)
    return np.concatenate(
        [np.zeros((0, len(NAMES)))]
        + [
            np.column_stack([row, row - nearest, share, np.full(len(row), cosine), np.arange(len(row)) / len(row)])
            for row, share, cosine in zip(near, shares, cosines, strict=True)
        ]
    )


def probabilities(rows: np.ndarray, settings: Settings = CHOSEN) -> np.ndarray:
    """Return the probability of each sentence, shape (n,). rows: of `figures`."""
    return np.asarray(1 / (1 + np.exp(-(rows @ np.array(settings.weights) + settings.intercept))))


def chosen(texts: Sequence[Sequence[str]], probability: np.ndarray, settings: Settings = CHOSEN) -> list[Quote]:
    """Return the sentences with the highest probabilities, at most MOST, none below the least; the best first.

    texts: the sentences of each paper. probability: of all of them, in one row.
    """
    every = [(paper, number, text) for paper, each in enumerate(texts) for number, text in enumerate(each)]
    order = [
        position
        for position in np.argsort(-probability, kind="stable")[:MOST].tolist()
        if probability[position] >= settings.least
    ]
    best = [(*every[position], float(probability[position])) for position in order]
    return [Quote(paper, sentence, text, value) for paper, sentence, text, value in best]


def answer(
    asked: str,
    rareness: Rareness,
    texts: Sequence[str],
    cosines: Sequence[float],
    embed: Callable[[Sequence[str]], np.ndarray],
    settings: Settings = CHOSEN,
) -> list[Quote]:
    """Return the quotes of the first of some texts. cosines: of the query and each text. embed: makes vectors of texts.

    Each sentence takes about 0.01 s of a core.
    """
    divisions = [divided(text) for text in texts[:PAPERS]]
    if not divisions:
        return []
    query, *vectors = embed([asked, *(sentence for each in divisions for sentence in each)])
    near = np.split(np.array(vectors) @ query, np.cumsum([len(each) for each in divisions])[:-1])
    shares = [np.array(list(map(rareness.share, each))) for each in divisions]
    return chosen(divisions, probabilities(figures(near, shares, cosines[:PAPERS]), settings), settings)
