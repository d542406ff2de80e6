"""How the pieces of WordPiece are learned: the pair that makes the text likeliest becomes a piece, again and again.

Source: Schuster and Nakajima, "Japanese and Korean Voice Search" (2012), section 3. Its language model is taken as one
of single pieces, whose likelihood each pair changes by a sum that is known without trying it.

Reference: all pairs tried for each piece, the log likelihood within 1e-9.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from models.tokens.word_pieces import BYTES, MORE, SPLITTER, WordPieces

Score = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def likelihood(pair: np.ndarray, one: np.ndarray, two: np.ndarray, same: np.ndarray, total: int) -> np.ndarray:
    """Return by how many nats the pairs, as pieces, make the text likelier, each piece as likely as it is frequent.

    pair, one, two: how frequent pairs and their parts are. same: whether both parts are the same. total: of all pieces.
    """
    parts = np.where(
        same, plain(one - 2 * pair) - plain(one), plain(one - pair) + plain(two - pair) - plain(one) - plain(two)
    )
    gains: np.ndarray = plain(pair) + parts + plain(total) - plain(total - pair)
    return gains


def ratio(pair: np.ndarray, one: np.ndarray, two: np.ndarray, same: np.ndarray, total: int) -> np.ndarray:
    """Return how frequent pairs are next to the product of their parts, as many descriptions of WordPiece have it."""
    share: np.ndarray = pair / (one * two)
    return share


def plain(counts: np.ndarray | int) -> np.ndarray:
    """Return n log n, 0 for none."""
    kept = np.maximum(counts, 0)
    product: np.ndarray = kept * np.log(np.maximum(kept, 1))
    return product


def train(texts: Iterable[str], size: int, score: Score = likelihood) -> WordPieces:
    """Return the pieces of some texts: the signs, then the pair of the highest score, again and again.

    size: of all tokens, the bytes too; fewer where no pair is left. Of equal scores, the pair that was seen first is
    taken. Raises ValueError where not even the signs fit.
    """
    counts = Counter(word for text in texts for word in SPLITTER.findall(text))
    often = list(counts.values())
    signs = [[word[0], *(MORE + sign for sign in word[1:])] for word in counts]
    pieces = sorted({piece for word in signs for piece in word})
    if BYTES + len(pieces) > size:
        raise ValueError(f"{size} tokens are too few: bytes and the signs of the texts are {BYTES + len(pieces)}.")
    numbers = {piece: number for number, piece in enumerate(pieces)}
    words = [[numbers[piece] for piece in word] for word in signs]
    uses = np.zeros(size, np.int64)
    rows: dict[tuple[int, int], int] = {}
    places: list[set[int]] = []
    parts, frequency = np.zeros((2, 1), np.int64), np.zeros(1, np.int64)

    def count(place: int, sign: int) -> None:
        nonlocal parts, frequency
        for piece in words[place]:
            uses[piece] += sign * often[place]
        for pair in itertools.pairwise(words[place]):
            row = rows.setdefault(pair, len(rows))
            if row == len(places):
                places.append(set())
                if row == len(frequency):
                    parts, frequency = (
                        np.concatenate([array, np.zeros_like(array)], -1) for array in (parts, frequency)
                    )
                parts[:, row] = pair
            frequency[row] += sign * often[place]
            places[row].add(place)

    for place in range(len(words)):
        count(place, 1)
    while BYTES + len(pieces) < size:
        [seen] = np.nonzero(frequency)
        if not len(seen):
            break
        left, right = parts[:, seen]
        best = seen[score(frequency[seen], uses[left], uses[right], left == right, uses.sum()).argmax()]
        first, second = parts[:, best].tolist()
        new = pieces[first] + pieces[second][len(MORE) :]
        if new in numbers:  # from other parts
            number = numbers[new]
        else:
            numbers[new] = number = len(pieces)
            pieces.append(new)
        for place in sorted(places[best]):
            count(place, -1)
            words[place] = merged(words[place], (first, second), number)
            count(place, 1)
        places[best] = set()
    return WordPieces(pieces)


def merged(word: Sequence[int], pair: tuple[int, int], number: int) -> list[int]:
    """Return pieces with each occurrence of a pair as one, from the left."""
    joined: list[int] = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] = number
        else:
            joined.append(piece)
    return joined
