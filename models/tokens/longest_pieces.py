"""A word becomes the longest piece that it begins with, then the longest that goes on, and so on.

Source: Wu et al., "Google's Neural Machine Translation System" (2016), section 4.1, as BERT's code has it.

Reference: tokenizers.models.WordPiece, by way of `word_pieces.py`, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping


def divided(word: str, first: Mapping[str, int], later: Mapping[str, int], longest: int) -> list[int] | None:
    """Return the numbers of the pieces of a word, or None where the pieces cannot make it.

    first, later: the numbers of the pieces that begin a word, and of those that go on. longest: characters of a piece.
    """
    pieces: list[int] = []
    start = 0
    while start < len(word):
        known = later if start else first
        for end in range(min(len(word), start + longest), start, -1):
            if word[start:end] in known:
                pieces.append(known[word[start:end]])
                start = end
                break
        else:
            return None
    return pieces
