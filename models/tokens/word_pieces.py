"""WordPiece: a word becomes the longest piece that it begins with, then the longest that goes on, and so on.

Source: Devlin et al., "BERT" (2019), section 3 and its code, with `##` before a piece that goes on. A word is what
GPT-2 splits, with the blank before it, so that no blank is lost. A word that the pieces cannot make becomes its bytes,
where BERT has `[UNK]`.

Reference: tokenizers.models.WordPiece with the same pieces, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import regex

from models.tokens.byte_pairs import WORDS
from models.tokens.longest_pieces import divided

MORE = "##"
BYTES = 256
SPLITTER = regex.compile(WORDS)


class WordPieces:
    """Tokens 0 to 255 are bytes; the pieces follow. Those with `##` go on with a word, the others begin one."""

    def __init__(self, pieces: Sequence[str]):
        self.pieces = list(pieces)
        self.first = {piece: BYTES + i for i, piece in enumerate(pieces) if not goes_on(piece)}
        self.later = {piece[len(MORE) :]: BYTES + i for i, piece in enumerate(pieces) if goes_on(piece)}
        self.bytes = {byte: bytes([byte]) for byte in range(BYTES)}
        for known in (self.first, self.later):
            self.bytes |= {number: piece.encode() for piece, number in known.items()}
        self.longest = max(map(len, pieces), default=0)
        self._of_word = lru_cache(2**16)(self._divided)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text."""
        return [number for word in SPLITTER.findall(text) for number in self._of_word(word)]

    def decode(self, numbers: Iterable[int]) -> bytes:
        """Return the bytes of numbers."""
        return b"".join(self.bytes[number] for number in numbers)

    def _divided(self, word: str) -> list[int]:
        pieces = divided(word, self.first, self.later, self.longest)
        return list(word.encode()) if pieces is None else pieces


def goes_on(piece: str) -> bool:
    """Return whether a piece goes on with a word."""
    return piece.startswith(MORE) and len(piece) > len(MORE)
