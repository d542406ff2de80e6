"""A text as sentences and tokens, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

# As the tokens of WNUT-17: addresses, names of accounts and topics are one; "it's" is two; each other sign is its own.
TOKEN = re.compile(
    r"https?://\S+|www\.\S+|[@#]\w+|\[[a-z ]+\]|\d+(?:[.,:]\d+)+|\w+(?:[-.&]\w+)*(?=n't\b)|n't\b|'\w{1,2}\b|"
    r"\w+(?:[-&]\w+|\.\w+)*|\.{2,}|[^\w\s]"
)
# A sentence ends at a sign that ends one, before a blank and a capital, or at the end of a line.
END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n+")
SHORT = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|al|Fig|Eq|No|cf|[A-Z])|\b[ei]\.[ge])\.\Z")
LONGEST = 10  # signs of what SHORT finds
TITLE = 30  # words of a title, at most
MOST = 120  # tokens of a sentence; a longer one is cut


class Span(NamedTuple):
    """A place in a text."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Return where the sentences of a text are, without the blanks around them."""
    made: list[Span] = []
    start = 0
    for match in [*END.finditer(text), None]:
        end = match.start() if match else len(text)
        if match and "\n" not in match.group() and SHORT.search(text, max(start, end - LONGEST), end):
            continue
        inner = text[start:end]
        if inner.strip():
            first = start + len(inner) - len(inner.lstrip())
            made.append(Span(first, first + len(inner.strip())))
        start = match.end() if match else end
    return made


def titled(text: str, spans: list[Span]) -> bool:
    """Return whether the first of some sentences is a title: a line of few words, without a sign that ends it."""
    if len(spans) < 2:
        return False
    (start, end), behind = spans[0], text[spans[0].end : spans[1].start]
    return "\n" in behind and text[end - 1] not in ".!?:;," and len(text[start:end].split()) <= TITLE


def tokens(text: str, span: Span) -> list[Span]:
    """Return where the tokens of a sentence are."""
    return [Span(match.start(), match.end()) for match in TOKEN.finditer(text, span.start, span.end)]


def cut(spans: list[Span]) -> list[list[Span]]:
    """Return the tokens of a sentence in pieces that are not too long."""
    return [spans[start : start + MOST] for start in range(0, len(spans), MOST)]
