"""How unigram tokens are learned: of many pieces, those that are worth least are dropped, round by round.

Source: Kudo, "Subword Regularization" (2018), section 3.2; the numbers below are those of SentencePiece but SEEDS.

Reference: all ways to make four words, expected counts within 1e-6.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from models.tokens.unigrams import BYTES, SPLITTER, Unigrams

LONGEST = 16  # signs of a piece
SEEDS = 8  # pieces to begin with, for each that is kept
KEPT = 0.75  # of the pieces, in each round
STEPS = 2  # of expectation and maximization, in each round
LEAST = 0.5  # a piece that is expected less often is dropped


def train(texts: Iterable[str], size: int) -> Unigrams:
    """Return the pieces of some texts: many to begin with, of which those that the texts can do without are dropped.

    size: of all tokens, the bytes too; fewer where the texts have fewer pieces. Each sign is kept. Raises ValueError
    where not even the signs fit.
    """
    words = Counter(word for text in texts for word in SPLITTER.findall(text))
    signs = {sign for word in words for sign in word}
    wanted = size - BYTES
    if wanted < len(signs):
        raise ValueError(f"{size} tokens are too few: bytes and the signs of the texts are {BYTES + len(signs)}.")
    model = scored(seeds(words, SEEDS * wanted), signs)
    while True:
        for _ in range(STEPS):
            model = scored(expectations(model, words), signs)
        if len(model.scores) <= wanted:
            return Unigrams(dict(sorted(model.scores.items(), key=lambda item: (-item[1], item[0]))))
        model = pruned(model, words, signs, max(wanted, int(KEPT * len(model.scores))))


def seeds(words: Mapping[str, int], most: int) -> dict[str, float]:
    """Return signs, and the parts of words that cover most of the text, by how often each occurs."""
    counts: Counter[str] = Counter()
    for word, often in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + LONGEST) + 1):
                counts[word[start:end]] += often
    longer = [piece for piece in counts if len(piece) > 1 and counts[piece] > 1]
    longer.sort(key=lambda piece: (-counts[piece] * len(piece), piece))
    return {piece: float(counts[piece]) for piece in [*(sign for sign in counts if len(sign) == 1), *longer[:most]]}


def scored(counts: Mapping[str, float], signs: set[str]) -> Unigrams:
    """Return pieces whose probability is their share of some counts. A sign is kept, however seldom it is."""
    kept = {piece: max(often, LEAST) for piece, often in counts.items() if often >= LEAST or piece in signs}
    kept |= dict.fromkeys(signs - kept.keys(), LEAST)
    total = math.log(sum(kept.values()))
    return Unigrams({piece: math.log(often) - total for piece, often in kept.items()})


def expectations(model: Unigrams, words: Mapping[str, int]) -> Counter[str]:
    """Return how often each piece is expected in some words."""
    counts: Counter[str] = Counter()
    for word, often in words.items():
        for piece, share in model.expected(word):
            counts[piece] += often * share  # type: ignore[assignment]  # typeshed knows counters of integers alone
    return counts


def pruned(model: Unigrams, words: Mapping[str, int], signs: set[str], most: int) -> Unigrams:
    """Return the pieces without which the text would be least likely, and the signs.

    What a piece is worth is how often the likeliest ways use it, times what it saves next to the likeliest other way.
    """
    used: Counter[str] = Counter()
    for word, often in words.items():
        for piece in model.best(word)[1]:
            used[piece] += often
    longer = [piece for piece in model.scores if piece not in signs]
    worth = {
        piece: used[piece] * (model.scores[piece] - model.best(piece, piece)[0]) for piece in longer if used[piece]
    }
    kept = sorted(worth, key=lambda piece: (-worth[piece], piece))[: most - len(signs)]
    return Unigrams({piece: model.scores[piece] for piece in [*sorted(signs), *kept]})
