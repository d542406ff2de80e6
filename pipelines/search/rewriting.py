"""A query written anew: with words of the first papers, nearer to their vectors, and with abbreviations written out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from models.retrieval.queries import Query
from models.retrieval.scoring import Term

WRITTEN_OUT = re.compile(r"((?:[\w-]+ ){1,8})\(([A-Za-z][\w-]{1,7})\)")


def rm3(query: Query, scores: np.ndarray, documents: Sequence[list[str]], papers: int, terms: int, own: float) -> Query:
    """Return a query with the likeliest terms of the first papers beside its own, the relevance model RM3.

    scores: of all documents, shape (n,). documents: their terms. own: the share of the query's own terms. Source:
    Abdul-Jaleel et al., "UMass at TREC 2004", section 2.2; the chance of a query in a document is its share of scores.
    """
    first = [at for at in np.argsort(-scores, kind="stable")[:papers].tolist() if scores[at] > 0]
    chance: dict[str, float] = defaultdict(float)
    for at in first:
        for term, count in Counter(documents[at]).items():
            chance[term] += float(scores[at] / scores[first].sum() * count / len(documents[at]))
    best = dict(sorted(chance.items(), key=lambda pair: -pair[1])[:terms])
    total, asked = sum(best.values()) or 1.0, sum(term.weight for term in query.terms) or 1.0
    mixed = defaultdict(float, {term: (1 - own) * value / total for term, value in best.items()})
    for term in query.terms:
        mixed[term.text] += (own if best else 1.0) * term.weight / asked
    return Query(tuple(Term(text, weight) for text, weight in mixed.items()))


def rocchio(vectors: np.ndarray, scores: np.ndarray, papers: np.ndarray, count: int, share: float) -> np.ndarray:
    """Return the vectors of queries, moved to the mean of the first papers, of length 1, shape (n, width).

    vectors: (n, width). scores: (n, papers). papers: their vectors. share: of the mean. Source: Rocchio, "Relevance
    feedback in information retrieval" (1971), without what is not relevant.
    """
    first = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    moved = (1 - share) * vectors + share * papers[first].mean(axis=1)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def abbreviations(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return what short forms stand for in some texts, and each long form for its short one, for `queries.words`.

    A long form stands before its short form in brackets, and has all its letters in their order, the first one at the
    beginning of a word. Source: Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions"
    (2003).
    """
    found: dict[str, Counter[str]] = {}
    for text in texts:
        for before, short in WRITTEN_OUT.findall(text):
            if long := long_form(short, before.strip()):
                found.setdefault(short, Counter())[long.lower()] += 1
    made = {short: longs.most_common(1)[0][0] for short, longs in found.items()}
    return {short: [long] for short, long in made.items()} | {long: [short] for short, long in made.items()}


def long_form(short: str, before: str) -> str | None:
    """Return the end of a text that a short form stands for, or None."""
    at = len(before)
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        at -= 1
        while at >= 0 and (before[at].lower() != letter or (place == 0 and at > 0 and before[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
    long = before[before.rfind(" ", 0, at) + 1 :]
    return long if len(long) > len(short) else None


def misspelt(text: str, random: np.random.Generator) -> str:
    """Return a text with two neighbouring letters of one of its longest words exchanged."""
    words = text.split()
    long = [at for at, word in enumerate(words) if word.isalpha() and len(word) > 5]
    if not long:
        return text
    at = int(random.choice(long))
    place = int(random.integers(1, len(words[at]) - 2))
    word = words[at]
    words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)
