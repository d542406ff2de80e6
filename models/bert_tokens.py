"""Texts as the numbers that BERT without case reads: words in lower case without accents, in pieces.

Source: Devlin et al., "BERT" (2019), and its code: `BasicTokenizer` and `WordpieceTokenizer`. Unlike there, `[SEP]` or
`[CLS]` inside of a text are words as any other, so that a text cannot say where it ends.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from models.longest_pieces import divided

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

    def encode_all(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Return the numbers of each text."""
        return [self.encode(text, most) for text in texts]

    def _divided(self, word: str) -> list[int]:
        made = None if len(word) > LONGEST else divided(word, self.first, self.later, self.longest)
        return [self.unknown] if made is None else made


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents, each sign of punctuation by itself."""
    spaced = unicodedata.normalize("NFD", "".join(map(_spaced, text)))
    return "".join(map(_plain, spaced)).split()


@lru_cache(2**14)
def _spaced(sign: str) -> str:
    """Return a sign, a blank for any blank, nothing for what is not shown, and a Chinese sign between blanks."""
    if sign in "\t\n\r" or (sign.isspace() and not unicodedata.category(sign).startswith("C")):
        return " "
    if sign in "\0\ufffd" or unicodedata.category(sign).startswith("C"):
        return ""
    return f" {sign} " if any(low <= ord(sign) <= high for low, high in CHINESE) else sign


@lru_cache(2**14)
def _plain(sign: str) -> str:
    """Return a sign in lower case, nothing for an accent, and punctuation between blanks."""
    if unicodedata.category(sign) == "Mn":
        return ""
    low = sign.lower()
    return f" {low} " if _is_punctuation(sign) else low


def _is_punctuation(sign: str) -> bool:
    code = ord(sign)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(sign).startswith("P")
