"""What a text speaks of, in a few phrases of its own.

Source: Rose et al., "Automatic Keyword Extraction from Individual Documents" (2010), RAKE: phrases between stop words;
a word weighs as many words as it stands next to, summed over all its phrases, itself among them (their "degree").
"""

from __future__ import annotations

import re
from collections import Counter

WORDS = """
a about above after again against all also although always am among an and any are as at be because been before being
below between both but by can cannot could did do does doing don down during each either etc even ever every few for
from further get had has have having he her here hers him his how however i if in into is it its itself just let like
many may me might more most much must my neither no nor not now of off often on once one only or other others our ours
out over own per quite rather re said same say says see several shall she should since so some such than that the their
theirs them then there these they this those though through thus to too under until up upon us use used using very was
we well were what when where whether which while who whom whose why will with within without would yet you your yours
"""
STOP = frozenset(WORDS.split())
WORD = re.compile(r"[^\W\d_][\w]*(?:[-'][\w]+)*|[^\w\s]|\d+")
LONGEST = 3  # words of a phrase
COUNT = 5


def keyphrases(text: str, count: int = COUNT) -> list[tuple[str, float]]:
    """Return the weightiest phrases of a text, in small letters, with their weights, the weightiest first."""
    phrases = _phrases(text)
    degree: Counter[str] = Counter()
    for phrase in phrases:
        for word in phrase:
            degree[word] += len(phrase)
    times = Counter(phrases)
    weights = {" ".join(phrase): times[phrase] ** 0.5 * sum(degree[word] for word in phrase) for phrase in times}
    best = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    chosen: list[tuple[str, float]] = []
    for words, weight in best:
        if not any(set(words.split()) <= set(earlier.split()) for earlier, _ in chosen):
            chosen.append((words, float(weight)))
        if len(chosen) == count:
            break
    return chosen


def _phrases(text: str) -> list[tuple[str, ...]]:
    phrases: list[tuple[str, ...]] = []
    own: list[str] = []
    for word in [*WORD.findall(text.lower()), "."]:
        if word[0].isalpha() and word not in STOP and len(word) > 1:
            own.append(word)
        else:
            if 0 < len(own) <= LONGEST:
                phrases.append(tuple(own))
            own = []
    return phrases
