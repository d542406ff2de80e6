"""What one who wants to be read does to a message: it stays readable to a person, and its runs become others.

Sources: Lowd and Meek, "Good Word Attacks on Statistical Spam Filters" (2005), for the words that are added;
`models/text/text_attacks.py` for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.text import text_attacks

ADDED = 8  # words of ham that are added
HONEST = "misspelled ham"
Attack = Callable[[str, np.random.Generator, Sequence[str]], str]


def alone(attack: text_attacks.Attack) -> Attack:
    """Return an attack that needs no ham."""
    return lambda text, random, ham: attack(text, random)


RESPELLED, SPACED, LOOKALIKE = map(alone, (text_attacks.respelled, text_attacks.spaced, text_attacks.lookalike))


def padded(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with words of a ham message behind it. ham: such messages."""
    words = str(ham[int(random.integers(len(ham)))]).split()
    return f"{text} {' '.join(words[:ADDED])}"


def together(text: str, random: np.random.Generator, ham: Sequence[str]) -> str:
    """Return it with all of these."""
    for attack in (RESPELLED, LOOKALIKE, SPACED, padded):
        text = attack(text, random, ham)
    return text


ATTACKS: dict[str, Attack] = {
    "words spelled wrongly": RESPELLED,
    "words torn apart": SPACED,
    "letters that look alike": LOOKALIKE,
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
    by_attack = {
        name: (attacked([texts[place] for place in ads.tolist()], attack, ham, seed), ads)
        for name, attack in ATTACKS.items()
    }
    wrong, torn = honest[::4], honest[1::4]
    both = [
        attacked([texts[place] for place in part.tolist()], attack, ham, seed)
        for part, attack in ((wrong, RESPELLED), (torn, SPACED))
    ]
    return by_attack | {HONEST: ([*both[0], *both[1]], np.concatenate([wrong, torn]))}
