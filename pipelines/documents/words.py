"""The tokens of a sentence, each with its place, and whether a text has a title."""

from __future__ import annotations

import re

from models.text.sentences import Span

# As the tokens of WNUT-17: addresses, names of accounts and topics are one; "it's" is two; each other sign is a token.
TOKEN = re.compile(
    r"https?://\S+|www\.\S+|[@#]\w+|\[[a-z ]+\]|\d+(?:[.,:]\d+)+|\w+(?:[-.&]\w+)*(?=n't\b)|n't\b|'\w{1,2}\b|"
    r"\w+(?:[-&]\w+|\.\w+)*|\.{2,}|[^\w\s]"
)
TITLE = 30  # words of a title, at most
MOST = 120  # tokens of a sentence; a longer one is cut


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
