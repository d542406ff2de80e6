"""What is counted in a message: runs of words, characters, and the shapes of numbers, money, addresses and capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scipy.sparse import csr_array

from models.text import text_grams
from models.text.hashed_tfidf import counted
from models.text.text_grams import Gram

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]|_")  # a word, a number, or one sign
RUN = 2  # words of the longest run
SHORTEST, LONGEST = 2, 5  # characters of a run
WORDS, CHARACTERS = 2**17, 2**18  # columns
SHAPES = {
    "a sum of money": re.compile(r"[£$€]\s*\d[\d,.]*|\d[\d,.]*\s*(?:pounds?\b|p\b)", re.IGNORECASE),
    "an address of the web": re.compile(r"https?:\S+|www\.\S+|\b\w+\.(?:com|co|net|org|uk)\b\S*", re.IGNORECASE),
    "capitals": re.compile(r"\b[A-Z]{2,}\b"),
}
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
LONG = 12  # digits; longer numbers count as this


def tokens(text: str) -> list[Gram]:
    """Return the words in lower case, and numbers as so many signs: which number it is says nothing."""
    found = text_grams.tokens(text, WORD)
    return [
        token._replace(name="#" * min(len(token.name), LONG) if token.name.isdigit() else token.name.lower())
        for token in found
    ]


def shapes(text: str) -> Iterator[Gram]:
    """Yield money, addresses, words in capitals, and numbers by how many digits they have."""
    for name, pattern in SHAPES.items():
        for match in pattern.finditer(text):
            yield Gram(f"<{name}>", *match.span())
    for match in NUMBER.finditer(text):
        yield Gram(f"<{min(sum(map(str.isdigit, match.group())), LONG)} digits>", *match.span())


def words(text: str) -> list[Gram]:
    """Return the runs of words, and the shapes."""
    return [*text_grams.runs(tokens(text), RUN), *shapes(text)]


def characters(text: str) -> list[Gram]:
    """Return the runs of characters, in lower case, each digit as 0."""
    return list(text_grams.characters(re.sub(r"\d", "0", text_grams.lowered(text)), SHORTEST, LONGEST))


def counts(texts: Sequence[str]) -> tuple[csr_array, csr_array]:
    """Return the counts of words and of characters, shapes (n, WORDS) and (n, CHARACTERS)."""
    return (
        counted(([gram.name for gram in words(text)] for text in texts), WORDS),
        counted(([gram.name for gram in characters(text)] for text in texts), CHARACTERS),
    )


def counts_of(runs: Sequence[Sequence[Gram]]) -> tuple[csr_array, csr_array]:
    """Return the counts of one text, whose words and characters were found before, shapes (1, ...)."""
    words_of, characters_of = ([[gram.name for gram in kind]] for kind in runs)
    return counted(words_of, WORDS), counted(characters_of, CHARACTERS)
