"""Texts as the numbers that BERT without case reads: words in lower case without accents, in pieces.

Source: Devlin et al., "BERT" (2019), and its code: `BasicTokenizer` and `WordpieceTokenizer`. Unlike there, `[SEP]` or
`[CLS]` inside of a text are words as any other, so that a text cannot say where it ends.

Reference: transformers.BertTokenizerFast, exactly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from models.tokens.longest_pieces import divided

MORE = "##"
LONGEST = 100  # characters of a word; a longer one is unknown
CHINESE = (  # the blocks of signs that are words by themselves
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class BertTokens:
    """The pieces of `vocab.txt`: the number of a piece is its line."""

    def __init__(self, vocabulary: Path):
        self.pieces = vocabulary.read_text(encoding="utf-8").split("\n")
        numbers = {piece: number for number, piece in enumerate(self.pieces)}
        self.pad, self.unknown, self.begin, self.end = (numbers[f"[{name}]"] for name in ("PAD", "UNK", "CLS", "SEP"))
        self.later = {piece[len(MORE) :]: number for piece, number in numbers.items() if piece.startswith(MORE)}
        self.first = {piece: number for piece, number in numbers.items() if not piece.startswith(MORE)}
        self.longest = max(map(len, self.pieces))
        self._of_word = lru_cache(2**16)(self._divided)

    def encode(self, text: str, most: int) -> list[int]:
        """Return the numbers of a text between those of its begin and its end, at most `most` in all."""
        inner: list[int] = []
        for word in words(text):
            inner += self._of_word(word)
            if len(inner) >= most - 2:
                break
        return [self.begin, *inner[: most - 2], self.end]

    def spans(self, text: str, most: int) -> list[tuple[int, int]]:
        """Return where the word of each number of `encode` is in the text; (0, 0) for the begin and the end."""
        spans = [(start, end) for word, start, end in places(text) for _ in self._of_word(word)]
        return [(0, 0), *spans[: most - 2], (0, 0)]

    def encode_all(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Return the numbers of each text."""
        return [self.encode(text, most) for text in texts]

    def _divided(self, word: str) -> list[int]:
        pieces = None if len(word) > LONGEST else divided(word, self.first, self.later, self.longest)
        return [self.unknown] if pieces is None else pieces


class Place(NamedTuple):
    """A word, and where the signs are that it is made of."""

    word: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents, each sign of punctuation by itself."""
    return "".join(map(_plain, text)).split()


def places(text: str) -> list[Place]:
    """Return the same words, each with its place in the text."""
    placed: list[Place] = []
    word, start, end = "", 0, 0
    for place, sign in enumerate(f"{text} "):
        for each in _plain(sign):
            if each != " ":
                word, start, end = word + each, start if word else place, place + 1
            elif word:
                placed.append(Place(word, start, end))
                word = ""
    return placed


@lru_cache(2**14)
def _plain(sign: str) -> str:
    """Return a sign in lower case without accents, a blank for any blank, nothing for what is not shown.

    Punctuation and Chinese signs are between blanks. Signs are decomposed one by one: of a whole text, only the order
    of accents would differ, which are left out.
    """
    kind = unicodedata.category(sign)
    if sign in "\t\n\r" or (sign.isspace() and not kind.startswith("C")):
        return " "
    if sign in "\0\ufffd" or kind.startswith("C"):
        return ""
    parts = (part for part in unicodedata.normalize("NFD", sign) if unicodedata.category(part) != "Mn")
    low = "".join(f" {part} " if _is_punctuation(part) else part.lower() for part in parts)
    return f" {low} " if any(first <= ord(sign) <= last for first, last in CHINESE) else low


def _is_punctuation(sign: str) -> bool:
    code = ord(sign)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(sign).startswith("P")
