"""A lexicon with rules: each word has a valence, which the words and signs around it turn, strengthen or weaken.

Source of the rules: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text" (2014), section 3.3: negation, degree, capitals, exclamation marks, and "but". The numbers follow the paper; it
adds them to a valence, we multiply by what they are of a valence of 2. So the rules make of each word how much it
counts, which may be below zero. Its valence is that of VADER's lexicon, or learned: see `scores.py`.

Reference: vaderSentiment's SentimentIntensityAnalyzer, sums of texts without rules within 1e-4.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


NEGATIONS = listed("""
    not no never none nobody nothing neither nor nowhere without cannot cant dont doesnt didnt isnt arent wasnt werent
    wont wouldnt couldnt shouldnt hasnt havent hadnt aint hardly barely rarely seldom despite lacks lack
""")
STRONGER = listed("""
    very really so too extremely absolutely totally completely incredibly highly truly deeply most more especially
    utterly entirely thoroughly particularly quite such soo sooo soooo super freaking hugely
""")
WEAKER = listed("somewhat slightly little almost partly fairly rather kinda sorta sort kind less least bit")
# A word with its apostrophes, a face such as :-) or <3, a number, or a run of one sign.
TOKEN = re.compile(
    r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|[<>]?[:;=8xX][-o*']?[)\](\[dDpP/\\|3]+(?!\w)|<3+|\d+|([^\w\s])\1*|_+"
)
BEFORE = 3  # words that turn or strengthen the one behind them
NEGATED = -0.74  # of what it was
DEGREE, FADES = 0.15, 0.95  # more or less, and what is left of that a word further away
CAPITALS = 0.37  # more
EXCLAIMED, MOST_EXCLAIMED = 0.15, 4  # more for each mark
BUT_BEFORE, BUT_AFTER = 0.5, 1.5


class Word(NamedTuple):
    """A word as it is looked up, where it is in the text, and how much it counts."""

    name: str
    start: int
    end: int
    weight: float


def words(text: str) -> list[Word]:
    """Return the words, faces and signs of a text, in lower case, each with how much the rules let it count."""
    found = [(match.group(), *match.span()) for match in TOKEN.finditer(text)]
    names = [written.lower().replace("\u2019", "'") for written, _, _ in found]
    shouted = [written.isupper() and len(written) > 1 for written, _, _ in found]
    letters = [written for written, _, _ in found if written.isalpha()]
    marked = any(shouted) and not all(map(str.isupper, letters))
    exclaimed = 1 + EXCLAIMED * min(text.count("!"), MOST_EXCLAIMED)
    but = max((place for place, name in enumerate(names) if name == "but"), default=None)
    weighed = []
    for place, (name, (_, start, end)) in enumerate(zip(names, found, strict=True)):
        count = exclaimed * around(names[max(place - BEFORE, 0) : place])
        if marked and shouted[place]:
            count *= 1 + CAPITALS
        if but is not None and place != but:
            count *= BUT_BEFORE if place < but else BUT_AFTER
        weighed.append(Word(name, start, end, count))
    return weighed


def around(names: list[str]) -> float:
    """Return what the words before a word multiply it by. names: at most `BEFORE`, in the order of the text."""
    count = 1.0
    for far, name in enumerate(reversed(names)):
        count += DEGREE * FADES**far * ((name in STRONGER) - (name in WEAKER))
    return count * (NEGATED if any(map(is_negation, names)) else 1.0)


def is_negation(name: str) -> bool:
    """Return whether a word turns those behind it."""
    return name in NEGATIONS or name.endswith("n't")


def valences(path: Path) -> dict[str, float]:
    """Return the valence of each word and face, -4 to 4, of a file in the format of VADER's lexicon."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {line[0].lower(): float(line[1]) for line in lines}
