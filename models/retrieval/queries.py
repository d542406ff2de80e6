"""What is asked: words that score, phrases that have to be there, words that must not, and filters.

    mitochondria "oxidative stress" title:cancer -mouse

A phrase has to be there, word after word; its words score as well. `title:` is about one field. What follows a minus
must not be there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.retrieval.analysis import Analyzer
from models.retrieval.scoring import Term

PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:(?P<field>\w+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
SYNONYM = 0.5  # what a word that was not asked for counts


@dataclass(frozen=True)
class Phrase:
    """Terms with their distance from the first one. field: the number of the only field, or None for any."""

    terms: tuple[tuple[str, int], ...]
    field: int | None = None


@dataclass(frozen=True)
class Query:
    """filters: attribute -> a value, a set of them, or a pair of the lowest and the highest."""

    terms: tuple[Term, ...]
    phrases: tuple[Phrase, ...] = ()
    excluded: tuple[Phrase, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)


def words(text: str, analyzer: Analyzer, synonyms: Mapping[str, Sequence[str]] | None = None) -> Query:
    """Return a query of words alone: no sign means anything."""
    return Query(weighted([(term, None) for term in analyzer.terms(text)], expanded(text, analyzer, synonyms or {})))


def parse(
    text: str,
    analyzer: Analyzer,
    fields: Sequence[str],
    synonyms: Mapping[str, Sequence[str]] | None = None,
    filters: Mapping[str, Any] | None = None,
) -> Query:
    """Return the query of a text with signs. A field that the index does not have is a word like others."""
    terms: list[tuple[str, int | None]] = []
    phrases: list[Phrase] = []
    excluded: list[Phrase] = []
    asked = []
    for part in PART.finditer(text):
        name, content = part["field"], part["phrase"] if part["phrase"] is not None else part["word"]
        if name and name not in fields:
            name, content = None, f"{name} {content}"
        place = fields.index(name) if name else None
        tokens = analyzer.tokens(content)
        if not tokens:
            continue
        found = Phrase(tuple((token.term, token.position - tokens[0].position) for token in tokens), place)
        if part["minus"]:
            excluded.append(found)
            continue
        asked.append(content)
        terms += [(term, place) for term, _ in found.terms]
        if part["phrase"] is not None:
            phrases.append(found)
    more = expanded(" ".join(asked), analyzer, synonyms or {})
    return Query(weighted(terms, more), tuple(phrases), tuple(excluded), filters or {})


def weighted(asked: Sequence[tuple[str, int | None]], more: Sequence[str]) -> tuple[Term, ...]:
    """Return each term once: one that is asked for twice counts twice, one that is not asked for less."""
    counts = Counter(asked)
    terms = [Term(term, float(count), place) for (term, place), count in counts.items()]
    known = {term for term, _ in counts}
    return (*terms, *(Term(term, SYNONYM) for term in dict.fromkeys(more) if term not in known))


def expanded(text: str, analyzer: Analyzer, synonyms: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the terms of the synonyms of what is in a text, whether it is one word or several."""
    terms = analyzer.terms(text)
    found = []
    for written, others in synonyms.items():
        sought = analyzer.terms(written)
        starts = range(len(terms) - len(sought) + 1) if sought else range(0)
        if any(terms[start : start + len(sought)] == sought for start in starts):
            found += [term for synonym in others for term in analyzer.terms(synonym)]
    return found
