"""The part of a text that shows best why it was found, with the words of the query marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.retrieval.analysis import Analyzer, Token


@dataclass(frozen=True)
class Snippet:
    """marks: start and end of each word of the query, in characters of `text`. start: where it begins in the whole."""

    text: str
    marks: tuple[tuple[int, int], ...]
    start: int


def snippet(text: str, weights: Mapping[str, float], analyzer: Analyzer, width: int = 240) -> Snippet:
    """Return the stretch of at most `width` characters whose different terms weigh most together.

    weights: of each term of the query, such as what it adds to the score. Of equal stretches, the first one. Without
    any term, the beginning.
    """
    tokens = [token for token in analyzer.tokens(text) if token.term in weights]
    start = best(tokens, weights, width)
    if len(text) <= width:
        start = 0
    else:
        start = max(0, min(start - width // 8, len(text) - width))  # some words before the first one
        start = text.rfind(" ", 0, start) + 1 if start else 0
    end = len(text) if start + width >= len(text) else max(text.rfind(" ", start, start + width), start + 1)
    inside = [token for token in tokens if start <= token.start and token.end <= end]
    return Snippet(text[start:end], tuple((token.start - start, token.end - start) for token in inside), start)


def best(tokens: list[Token], weights: Mapping[str, float], width: int) -> int:
    """Return where the first word of the best stretch begins. The room for words before it is left out."""
    highest, place = -1.0, 0
    for first, token in enumerate(tokens):
        terms = set()
        for later in tokens[first:]:
            if later.end - token.start > width - width // 4:
                break
            terms.add(later.term)
        value = sum(weights[term] for term in terms)
        if value > highest:
            highest, place = value, token.start
    return place
