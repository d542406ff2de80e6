"""Groups of texts that are nearly the same: what one of them is tested on, the others would give away.

Two texts are alike where they share a given part of their distinct runs of characters (Jaccard), digits counted as
one; a group is what such pairs connect. All pairs are compared, which suits thousands of short texts.

Reference: all pairs of texts by hand: those that are alike are in one group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.text.hashed_tfidf import counted, present

LENGTH = 4  # characters of a run
ALIKE = 0.6
WIDTH = 2**20
BLOCK = 512  # texts that are compared with all others at a time


def shape(text: str) -> str:
    """Return a text without case, blanks and punctuation, each digit as 0."""
    return re.sub(r"\d", "0", re.sub(r"[\W_]+", "", text.lower()))


def groups(texts: Sequence[str], alike: float = ALIKE) -> np.ndarray:
    """Return the number of the group of each text, shape (n,)."""
    shapes = [shape(text) for text in texts]
    runs = [[form[begin : begin + LENGTH] for begin in range(max(len(form) - LENGTH, 0) + 1)] for form in shapes]
    has = present(counted(runs, WIDTH))
    sizes = np.diff(has.indptr)
    turned = has.T.tocsr()
    ones, others = [], []
    for start in range(0, len(texts), BLOCK):
        shared = (has[start : start + BLOCK] @ turned).tocoo()
        left, right = shared.row + start, shared.col
        near = shared.data >= alike * (sizes[left] + sizes[right] - shared.data)
        ones.append(left[near])
        others.append(right[near])
    pairs = (np.concatenate(ones), np.concatenate(others))
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), shape=(len(texts), len(texts)))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels
