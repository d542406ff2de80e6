"""What one who wants to be read does to a text: it stays readable to a person, and its runs become others.

Source: Unicode's "Security Mechanisms" (UTS 39) for letters that look alike.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SHARE = 0.5  # of the words that are changed
LEAST = 4  # letters of a word that is changed; shorter ones would not be read any more
CYRILLIC = "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443"
CYRILLIC += "\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425"
LATIN = "aceiopsxyABCEHIKMOPTX"
ALIKE = str.maketrans(LATIN, CYRILLIC)
LEET = str.maketrans("aeiost", "431057")
Attack = Callable[[str, np.random.Generator], str]


def each_word(text: str, random: np.random.Generator, change: Callable[[str], str]) -> str:
    """Return a text in which a share of the longer words is changed."""
    words = [change(word) if len(word) >= LEAST and random.random() < SHARE else word for word in text.split(" ")]
    return " ".join(words)


def respelled(text: str, random: np.random.Generator) -> str:
    """Return it with two neighbours within a word exchanged."""

    def change(word: str) -> str:
        place = int(random.integers(1, len(word) - 2))
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return each_word(text, random, change)


def spaced(text: str, random: np.random.Generator) -> str:
    """Return it with a blank, a dot or a hyphen within words."""

    def change(word: str) -> str:
        place = int(random.integers(1, len(word)))
        return word[:place] + str(random.choice([" ", ".", "-"])) + word[place:]

    return each_word(text, random, change)


def lookalike(text: str, random: np.random.Generator) -> str:
    """Return it with Cyrillic letters that look as the Latin ones do."""
    return each_word(text, random, lambda word: word.translate(ALIKE))


def leet(text: str, random: np.random.Generator) -> str:
    """Return it with digits in the place of letters within words."""
    return each_word(text, random, lambda word: word[0] + word[1:].translate(LEET))
