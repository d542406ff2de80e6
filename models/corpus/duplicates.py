"""Duplicates: texts that are equal, and texts that share most of their shingles, found by MinHash.

Sources: Broder, "On the Resemblance and Containment of Documents" (1997), for shingles and their minima; Indyk and
Motwani, "Approximate Nearest Neighbors" (1998), for bands: only texts that share a whole band are compared.

Reference: the exact similarity of the texts, estimates within 4.5 standard errors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

WORDS = 5  # of a shingle
HASHES = 128
BANDS = 16  # of 8 hashes each: texts with a similarity of 0.7 share one with a probability of 0.61, with 0.9 of 0.9999
SIMILAR = 0.7
Pair = tuple[int, int]


def exact(texts: Sequence[str]) -> list[int]:
    """Return the places of the texts that an earlier one is equal to."""
    seen: set[bytes] = set()
    copies = []
    for place, text in enumerate(texts):
        key = hashlib.sha256(text.encode()).digest()
        if key in seen:
            copies.append(place)
        seen.add(key)
    return copies


@lru_cache(2**20)
def number(word: str) -> int:
    """Return 64 bits of a word, the same ones in each process."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def shingles(text: str) -> np.ndarray:
    """Return the numbers of the distinct runs of words of a text, in order. A shorter text is one run."""
    words = np.array([number(word) for word in text.split()], np.uint64)
    size = min(WORDS, len(words))
    numbers = np.zeros(len(words) - size + 1, np.uint64)
    for start in range(size):
        numbers = numbers * np.uint64(0x9E3779B97F4A7C15) + words[start : start + len(numbers)]
        numbers ^= numbers >> np.uint64(29)
    return np.unique(numbers)


def similarity(one: np.ndarray, two: np.ndarray) -> float:
    """Return the share of the shingles of two texts that both have (Jaccard)."""
    both = len(np.intersect1d(one, two, assume_unique=True))
    return both / (len(one) + len(two) - both)


def signatures(texts: Sequence[str], seed: int = 0) -> np.ndarray:
    """Return the least of each hash over the shingles of each text, shape (texts, HASHES)."""
    random = np.random.default_rng(seed)
    factors, shifts = random.integers(2**63, size=(2, HASHES), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    hashes = np.empty((len(texts), HASHES), np.uint32)
    for place, text in enumerate(texts):
        hashes[place] = ((shingles(text)[:, None] * factors + shifts) >> np.uint64(32)).min(axis=0)
    return hashes


def near(signed: np.ndarray, similar: float = SIMILAR) -> list[tuple[Pair, float]]:
    """Return pairs of places whose texts are similar, and how similar their signatures say they are, in order.

    Of the texts that share a band, each is compared with the first: pairs are as many as texts at most, for each band.
    """
    pairs: set[Pair] = set()
    for band in np.split(np.ascontiguousarray(signed), BANDS, axis=1):
        first: dict[bytes, int] = {}
        for place, row in enumerate(band):
            known = first.setdefault(row.tobytes(), place)
            if known != place:
                pairs.add((known, place))
    estimated = ((pair, float((signed[pair[0]] == signed[pair[1]]).mean())) for pair in sorted(pairs))
    return [(pair, share) for pair, share in estimated if share >= similar]


def clusters(count: int, pairs: Sequence[Pair]) -> np.ndarray:
    """Return the number of the cluster of each of `count` texts: those that pairs lead to, one after the other."""
    ones, twos = np.array(pairs, np.int64).reshape(-1, 2).T
    labels: np.ndarray = connected_components(coo_array((np.ones(len(ones)), (ones, twos)), shape=(count, count)))[1]
    return labels


def kept(texts: Sequence[str], similar: float = SIMILAR) -> list[int]:
    """Return the places of the first text of each cluster, in order."""
    pairs = [pair for pair, _ in near(signatures(texts), similar)]
    return sorted(np.unique(clusters(len(texts), pairs), return_index=True)[1].tolist())
