"""Which words of a text make its valence: the weighted sum, divided up exactly.

MiniLM's vector is the mean over its pieces of words, so its part is a sum over them as well. But a piece has read the
others: in "not good", what "good" adds is not that of "good" alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from models.text import lexicon
from models.text.hashed_tfidf import columns, counted, shared
from models.text.lexicon import Word
from models.text.text_grams import Gram
from models.text.text_parts import Span
from pipelines.sentiment import reading
from pipelines.sentiment.scores import Score

SHOWN = 6  # words
LEAST = 0.02  # of valence; less is no reason
Spans = Sequence[tuple[int, int]]


class Effect(NamedTuple):
    """A place in a text, and what it adds to the valence."""

    start: int
    end: int
    value: float


def effects(
    score: Score, text: str, shares: np.ndarray, known: Mapping[str, float], pieces: np.ndarray, spans: Spans
) -> list[Effect]:
    """Return what each place of a text adds; with `score.start` it is the score of the text.

    shares: of the copies of the columns, shape (k,). known: the valences of the lexicon. pieces, spans: what each of
    MiniLM's pieces adds to the products of the vector with the weights of the copies, shape (pieces, k), and where the
    pieces are; those without a place count for the whole text.
    """
    words = lexicon.words(text)
    parts: list[Effect] = []
    if "ruled" in score.weights:
        parts += at_words(words, ruled_effects(words, shares @ score.weights["ruled"]))
    if "runs" in score.weights:
        found = reading.runs(words)
        parts += at_words(found, run_effects(score, found, shares @ score.weights["runs"]))
    if "sums" in score.weights:
        added = reading.added(reading.valued(words, known))
        parts += at_words(words, added @ (shares @ score.weights["sums"] / score.scale))
    if "vectors" in score.weights:
        placed = [span if span[1] > span[0] else (0, len(text)) for span in spans]
        parts += [Effect(*span, value) for span, value in zip(placed, (pieces @ shares).tolist(), strict=True)]
    return parts


def at_words(words: Sequence[Span], values: np.ndarray) -> list[Effect]:
    """Return the effects of some words or runs. values: shape (words,)."""
    return [Effect(word.start, word.end, value) for word, value in zip(words, values.tolist(), strict=True)]


def ruled_effects(words: Sequence[Word], weights: np.ndarray) -> np.ndarray:
    """Return what each word adds by its learned valence, as the rules count it, shape (words,)."""
    counts = np.array([word.weight for word in words])
    places = columns((word.name for word in words), reading.RULED)
    of_columns = np.bincount(np.unique(places, return_inverse=True)[1], counts)
    return np.asarray(weights[places] * counts / max(float(np.linalg.norm(of_columns)), 1.0))


def run_effects(score: Score, found: Sequence[Gram], weights: np.ndarray) -> np.ndarray:
    """Return what each run of words adds, shape (runs,): that of its column, evenly over the runs of it."""
    names = [run.name for run in found]
    counts = counted([names], reading.RUNS)
    return shared(names, counts, score.tfidf.transform(counts), weights[counts.indices])


def strongest(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the words that add or take most, the strongest first. parts: the words of a text with their effects."""
    totals: dict[str, float] = {}
    for each in parts:
        name = each["part"].strip().strip(".,;:!?\"()'").lower() or each["part"].strip()
        totals[name] = totals.get(name, 0.0) + each["effect"]
    chosen = [(name, value) for name, value in totals.items() if name and abs(value) >= LEAST]
    chosen.sort(key=lambda pair: -abs(pair[1]))
    return [{"word": name, "effect": value} for name, value in chosen[:SHOWN]]
