"""Terms in a clinical note, each with its section, and whether it is negated, possible or affirmed.

Source: NegEx, of Chapman et al. (2001); see `negex.py`. Sections begin with a line of capitals and a colon, or with one
of the usual titles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from models.text import negex
from models.text.sentences import sentences

# A line of capitals with a colon, or one of the titles that notes commonly have.
TITLES = (
    "history of present illness|past medical history|family history|social history|review of systems|"
    "physical examination|physical exam|chief complaint|medications|allergies|assessment and plan|assessment|plan|"
    "hospital course|discharge diagnosis|impression|findings|laboratory data"
)
SECTION = re.compile(rf"^[ \t]*(?:(?i:({TITLES}))|([A-Z][A-Z /&-]{{3,60}}))[ \t]*:", re.MULTILINE)
NONE = ""


class Finding(NamedTuple):
    """A term in a note: the name that it goes by, where it is, in which section, and its status."""

    name: str
    said: str
    start: int
    end: int
    section: str
    status: str


def findings(text: str, known: Mapping[str, str]) -> list[Finding]:
    """Return the terms in a note, in order; of terms within each other, the longest. known: term -> name."""
    if not known:
        return []
    ordered = sorted(known, key=len, reverse=True)
    form = "|".join(r"\s+".join(map(re.escape, term.split())) for term in ordered)
    pattern = re.compile(rf"(?<!\w)(?:{form})(?!\w)", re.IGNORECASE)
    terms = []
    for place in sentences(text):
        start = place.start
        for title in SECTION.finditer(text, place.start, place.end):
            start = title.end()  # the title of a section is no part of its first sentence
        sentence = text[start : place.end]
        found = list(pattern.finditer(sentence))
        for match, status in zip(found, negex.status(sentence, [match.span() for match in found]), strict=True):
            name = known[" ".join(match.group().lower().split())]
            begin = start + match.start()
            terms.append(Finding(name, match.group(), begin, start + match.end(), section(text, begin), status))
    return terms


def section(text: str, place: int) -> str:
    """Return the title of the section that a place is in, in small letters, "" before the first one."""
    titles = list(SECTION.finditer(text, 0, place))
    return (titles[-1][1] or titles[-1][2]).strip().lower() if titles else NONE
