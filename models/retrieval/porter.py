"""Porter's stemmer: words of one stem become one term.

Source: Porter, "An algorithm for suffix stripping" (Program 14, 1980), the steps as they are numbered there. Of the
rules of a step, the one with the longest suffix that a word has is tried, and no other. As in the author's own program,
words of one or two letters stay as they are.

Reference: nltk.stem.PorterStemmer with the rules of the paper, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

STEP_2 = {
    **{"ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "abli": "able"},
    **{"alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate"},
    **{"alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive"},
    **{"biliti": "ble"},
}
STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
STEP_4 = frozenset(
    {"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti"}
    | {"ous", "ive", "ize"}
)


@lru_cache(2**17)
def stem(word: str) -> str:
    """Return the stem of a word in lower case."""
    if len(word) <= 2:
        return word
    word = step_1b(step_1a(word))
    if word.endswith("y") and has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = replaced(replaced(word, STEP_2), STEP_3)
    return step_5(step_4(word))


def consonants(word: str) -> list[bool]:
    """Return whether each letter is a consonant: no vowel, and no Y after a consonant."""
    flags: list[bool] = []
    for place, letter in enumerate(word):
        flags.append(not flags[-1] if letter == "y" and place else letter not in "aeiou")
    return flags


def measure(stem: str) -> int:
    """Return m of a stem [C](VC)^m[V]: how often a vowel is followed by a consonant."""
    flags = consonants(stem)
    return sum(after and not before for before, after in pairwise(flags))


def has_vowel(stem: str) -> bool:
    """Return the paper's condition *v*."""
    return not all(consonants(stem))


def ends_short(stem: str) -> bool:
    """Return the paper's condition *o: consonant, vowel, consonant, the last one not W, X or Y."""
    return consonants(stem)[-3:] == [True, False, True] and stem[-1] not in "wxy"


def step_1a(word: str) -> str:
    """Take the plural away."""
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def step_1b(word: str) -> str:
    """Take -ed and -ing away, and mend the end."""
    if word.endswith("eed"):
        return word[:-1] if measure(word[:-3]) > 0 else word
    suffix = next((suffix for suffix in ("ed", "ing") if word.endswith(suffix)), "")
    rest = word.removesuffix(suffix)
    if not suffix or not has_vowel(rest):
        return word
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if len(rest) > 1 and rest[-1] == rest[-2] and consonants(rest)[-1]:
        return rest if rest[-1] in "lsz" else rest[:-1]
    return rest + "e" if measure(rest) == 1 and ends_short(rest) else rest


def longest(word: str, suffixes: Iterable[str]) -> str:
    """Return the longest of some suffixes that a word ends with, or an empty text."""
    return max((suffix for suffix in suffixes if word.endswith(suffix)), key=len, default="")


def replaced(word: str, rules: dict[str, str]) -> str:
    """Replace a suffix where something with m > 0 stays before it: steps 2 and 3."""
    suffix = longest(word, rules)
    rest = word.removesuffix(suffix)
    return rest + rules[suffix] if suffix and measure(rest) > 0 else word


def step_4(word: str) -> str:
    """Take a suffix away where something with m > 1 stays before it."""
    suffix = longest(word, STEP_4)
    rest = word.removesuffix(suffix)
    fits = bool(suffix) and measure(rest) > 1 and (suffix != "ion" or rest.endswith(("s", "t")))
    return rest if fits else word


def step_5(word: str) -> str:
    """Take an E at the end away, and one of two Ls."""
    if word.endswith("e"):
        m = measure(word[:-1])
        if m > 1 or (m == 1 and not ends_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and measure(word[:-1]) > 1 else word
