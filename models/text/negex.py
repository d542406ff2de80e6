"""Whether a sentence negates a term, by what stands before and behind it.

Source: Chapman et al., "A Simple Algorithm for Identifying Negated Findings and Diseases in Discharge Summaries"
(2001), NegEx: a trigger reaches over five words, a term counting as one, to the end of the sentence at most; a word
that ends its scope, and a phrase that only looks like a negation, stop it. The lists are a part of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

REACH = 5  # words between a trigger and a term
NEGATED, POSSIBLE, AFFIRMED = "negated", "possible", "affirmed"
TRIGGERS = {
    "pseudo": "no increase|no suspicious change|no significant change|no change|no interval change|not only|"
    "no definite change|gram negative|not certain if|not certain whether|not necessarily|without difficulty|"
    "not drain|not cause|no further",
    "before": "no|not|without|denies|denied|denying|absence of|negative for|free of|no evidence of|no sign of|"
    "no signs of|no complaints of|never had|never developed|did not exhibit|does not have|has no|no history of|"
    "ruled out for|fails to reveal|no cause of|not demonstrate|resolved|without evidence of|rather than|declined",
    "behind": "was ruled out|were ruled out|is ruled out|has been ruled out|have been ruled out|ruled out|unlikely|"
    "was not seen|were not seen|not present|is absent|are absent|was negative|were negative|was denied|were denied",
    "possible before": "rule out|r/o|possible|probable|suspected|suspicion of|may have|could be|evaluate for",
    "possible behind": "cannot be ruled out|could not be ruled out|not ruled out|cannot be excluded|is possible|"
    "is suspected|should be ruled out|must be ruled out",
    "end": "but|however|nevertheless|yet|though|although|still|aside from|except|apart from|secondary to|"
    "as the cause of|as the source of|as the etiology of|which|who|presents with|presented with|because|since",
}
WORD = re.compile(r"[^\W_]+(?:['/-][^\W_]+)*")


class Trigger(NamedTuple):
    """A trigger in a sentence: its kind, and the words that it spans."""

    kind: str
    start: int
    end: int


LISTED = {tuple(phrase.split()): kind for kind, phrases in TRIGGERS.items() for phrase in phrases.split("|")}
LONGEST = max(map(len, LISTED))


def triggers(words: Sequence[str]) -> list[Trigger]:
    """Return the triggers in the words of a sentence, in small letters; the longest one counts."""
    found, start = [], 0
    while start < len(words):
        for size in range(min(LONGEST, len(words) - start), 0, -1):
            if kind := LISTED.get(tuple(words[start : start + size])):
                found.append(Trigger(kind, start, start + size))
                start += size - 1
                break
        start += 1
    return found


def status(sentence: str, terms: Sequence[tuple[int, int]]) -> list[str]:
    """Return for each term of a sentence whether it is negated, possible or affirmed. terms: their places, in order."""
    words: list[str] = []
    where: list[int] = []  # the word that each term is
    read = 0
    for start, end in terms:
        words += [match.group().lower() for match in WORD.finditer(sentence, read, start)]
        where.append(len(words))
        words.append("\0term")
        read = end
    words += [match.group().lower() for match in WORD.finditer(sentence, read)]
    found = triggers(words)
    return [_of(term, found) for term in where]


def _of(term: int, found: Sequence[Trigger]) -> str:
    """Return the status of a term. A negation counts before what is only possible."""
    kinds = set()
    for trigger in found:
        behind = trigger.kind.endswith("behind")
        near = term < trigger.start <= term + 1 + REACH if behind else trigger.end <= term <= trigger.end + REACH
        low, high = (term, trigger.start) if behind else (trigger.end, term)
        if near and not any(end.kind == "end" and low <= end.start < high for end in found):
            kinds.add(trigger.kind)
    if kinds & {"possible behind"}:  # "cannot be ruled out" of what "no" stands before, too
        return POSSIBLE
    return NEGATED if kinds & {"before", "behind"} else POSSIBLE if "possible before" in kinds else AFFIRMED
