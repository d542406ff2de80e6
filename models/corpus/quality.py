"""Quality: the rules of Gopher, by which a text is left out that is hardly prose, or repeats itself.

Source: Rae et al., "Scaling Language Models: Methods, Analysis and Insights from Training Gopher" (2021), A.1.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

WORDS = (50, 100_000)
LENGTH = (3, 10)  # of a word, on average
SYMBOLS = 0.1  # hash signs and ellipses, for each word
BULLETS, ELLIPSES = 0.9, 0.3  # of the lines begin or end so
LETTERS = 0.8  # of the words have one
STOPS, STOPS_NEEDED = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"]), 2
TOP = {2: 0.20, 3: 0.18, 4: 0.16}  # words of a run -> the share of the characters that the most frequent one may have
TWICE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}  # the same of all runs that occur more than once
LINES = 0.3  # of the lines, or paragraphs, occur before


def faults(text: str) -> list[str]:
    """Return the rules that a text breaks."""
    words, lines = text.split(), [line.strip() for line in text.splitlines() if line.strip()]
    if not words:
        return ["words"]
    count = len(words)
    symbols = text.count("#") + text.count("...") + text.count("\u2026")
    rules = {
        "words": not WORDS[0] <= count <= WORDS[1],
        "length of words": not LENGTH[0] <= sum(map(len, words)) / count <= LENGTH[1],
        "symbols": symbols > SYMBOLS * count,
        "bullets": sum(line.startswith(("\u2022", "-", "*")) for line in lines) > BULLETS * len(lines),
        "ellipses": sum(line.endswith(("...", "\u2026")) for line in lines) > ELLIPSES * len(lines),
        "letters": sum(any(sign.isalpha() for sign in word) for word in words) < LETTERS * count,
        "stop words": len(STOPS & {word.lower() for word in words}) < STOPS_NEEDED,
        "lines": len(lines) - len(set(lines)) > LINES * len(lines),
        "most frequent run": any(most_frequent(words, size) > share for size, share in TOP.items()),
        "repeated runs": any(repeated(words, size) > share for size, share in TWICE.items()),
    }
    return [name for name, broken in rules.items() if broken]


def runs(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Return each run of so many words."""
    return list(zip(*(words[start:] for start in range(size)), strict=False))


def most_frequent(words: Sequence[str], size: int) -> float:
    """Return the share of the characters in the most frequent run of so many words, 0 where none is repeated."""
    found = Counter(runs(words, size)).most_common(1)
    if not found or found[0][1] < 2:
        return 0.0
    run, often = found[0]
    return often * sum(map(len, run)) / sum(map(len, words))


def repeated(words: Sequence[str], size: int) -> float:
    """Return the share of the characters that are in runs of so many words that occur more than once, each once."""
    places = runs(words, size)
    counts = Counter(places)
    inside = [False] * len(words)
    for place, run in enumerate(places):
        if counts[run] > 1:
            inside[place : place + size] = [True] * size
    return sum(len(word) for word, marked in zip(words, inside, strict=True) if marked) / sum(map(len, words))
