"""Where the sentences of a text are, by rules: a sign that ends one, before a blank and a capital; or a line's end."""

from __future__ import annotations

import re
from typing import NamedTuple

END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n+")
SHORT = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|al|Fig|Eq|No|cf|[A-Z])|\b[ei]\.[ge])\.\Z")
LONGEST = 10  # signs of what SHORT finds


class Span(NamedTuple):
    """A place in a text."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Return where the sentences of a text are, without the blanks around them."""
    spans: list[Span] = []
    start = 0
    for match in [*END.finditer(text), None]:
        end = match.start() if match else len(text)
        if match and "\n" not in match.group() and SHORT.search(text, max(start, end - LONGEST), end):
            continue
        inner = text[start:end]
        if inner.strip():
            first = start + len(inner) - len(inner.lstrip())
            spans.append(Span(first, first + len(inner.strip())))
        start = match.end() if match else end
    return spans
