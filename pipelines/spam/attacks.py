"""What one who wants to be read does to a message: it stays readable to a person, and its runs become others.

Sources: Lowd and Meek, "Good Word Attacks on Statistical Spam Filters" (2005), for the words that are added; Unicode's
"Security Mechanisms" (UTS 39) for letters that look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

SHARE = 0.5  # of the words that are changed
ADDED = 8  # words of ham that are added
LEAST = 4  # letters of a word that is changed; shorter ones would not be read any more
CYRILLIC = "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443"
CYRILLIC += "\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425"
ALIKE = str.maketrans("aceiopsxyABCEHIKMOPTX", CYRILLIC)
HONEST = "misspelled ham"
Attack = Callable[[str, np.random.Generator, Sequence[str]], str]


def each_word(text: str, random: np.random.Generator, change: Callable[[str], str]) -> str:
    """Return a text in which a share of the longer words is changed."""
    made = [change(word) if len(word) >= LEAST and random.random() < SHARE else word for word in text.split(" ")]
    return " ".join(made)


def respelled(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with two neighbours within a word exchanged."""

    def change(word: str) -> str:
        at = int(random.integers(1, len(word) - 2))
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return each_word(text, random, change)


def spaced(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with a blank, a dot or a hyphen within words."""

    def change(word: str) -> str:
        at = int(random.integers(1, len(word)))
        return word[:at] + str(random.choice([" ", ".", "-"])) + word[at:]

    return each_word(text, random, change)


def lookalike(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with Cyrillic letters that look as the Latin ones do."""
    return each_word(text, random, lambda word: word.translate(ALIKE))


def padded(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with words of a ham message behind it. ham: such messages."""
    words = str(ham[int(random.integers(len(ham)))]).split()
    return f"{text} {' '.join(words[:ADDED])}"


def together(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with all of these."""
    for attack in (respelled, lookalike, spaced, padded):
        text = attack(text, random, ham)
    return text


ATTACKS: dict[str, Attack] = {
    "words spelled wrongly": respelled,
    "words torn apart": spaced,
    "letters that look alike": lookalike,
    "good words added": padded,
    "all of these": together,
}


def attacked(texts: Sequence[str], attack: Attack, ham: Sequence[str], seed: int) -> list[str]:
    """Return each text after an attack."""
    random = np.random.default_rng(seed)
    return [attack(text, random, ham) for text in texts]


def copies(texts: Sequence[str], spam: np.ndarray, seed: int) -> dict[str, tuple[list[str], np.ndarray]]:
    """Return attacked copies to train against: name of the attack -> the copies, and the place of the origin of each.

    Each attack has a copy of each spam message. `HONEST` has copies of half of the ham: people misspell, too.
    """
    ham = [text for text, label in zip(texts, spam.tolist(), strict=True) if not label]
    ads, honest = np.flatnonzero(spam == 1), np.flatnonzero(spam == 0)
    made = {name: (attacked([texts[at] for at in ads.tolist()], one, ham, seed), ads) for name, one in ATTACKS.items()}
    wrong, torn = honest[::4], honest[1::4]
    both = [
        attacked([texts[at] for at in part.tolist()], one, ham, seed)
        for part, one in ((wrong, respelled), (torn, spaced))
    ]
    return made | {HONEST: ([*both[0], *both[1]], np.concatenate([wrong, torn]))}
