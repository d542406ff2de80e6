"""From a text to terms: words in lower case, without the most frequent ones, by their stem."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from models.retrieval import porter

WORD = re.compile(r"[^\W_]+")
# The 33 words that Lucene's EnglishAnalyzer leaves out.
FREQUENT = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with"
)
STOP = frozenset(FREQUENT.split())


class Token(NamedTuple):
    """A word of a text. position counts all words, left out or not, so that phrases keep their distances."""

    term: str
    word: str
    position: int
    start: int  # the place of the first character in the text
    end: int  # the place after the last one


@dataclass(frozen=True)
class Analyzer:
    """How texts and queries become terms. An index stores it, so that both are read the same way."""

    stems: bool = True
    stop: bool = True

    def tokens(self, text: str) -> list[Token]:
        """Return the words of a text that count, in their order."""
        tokens = []
        for position, match in enumerate(WORD.finditer(text)):
            word = folded(match[0])
            if not (self.stop and word in STOP):
                tokens.append(Token(porter.stem(word) if self.stems else word, word, position, *match.span()))
        return tokens

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text, in their order."""
        return [token.term for token in self.tokens(text)]


def folded(word: str) -> str:
    """Return a word in lower case without accents."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)) or word
