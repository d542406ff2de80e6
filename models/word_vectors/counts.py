"""How often words are near each other, and the vectors that follow without learning: PPMI and its singular vectors.

Source: Levy, Goldberg and Dagan, "Improving Distributional Similarity" (2015).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from models.word_vectors.text import Text


def near(text: Text, window: int) -> sparse.csr_matrix:
    """Return how often each word is near another, (words, words), symmetric: 1 / distance each time."""
    size = len(text.words)
    counted = sparse.csr_matrix((size, size))
    for far in range(1, window + 1):
        together = text.lines[:-far] == text.lines[far:]
        pairs = text.places[:-far][together], text.places[far:][together]
        counted += sparse.csr_matrix((np.full(together.sum(), 1 / far), pairs), shape=(size, size))
    return (counted + counted.T).tocsr()


def vectors(counted: sparse.csr_matrix, width: int) -> np.ndarray:
    """Return a vector of each word, (words, width), of the positive pointwise mutual information."""
    entries = counted.tocoo()
    words, smoothed = counted.sum(axis=1).A1, counted.sum(axis=0).A1 ** 0.75
    information = np.log(entries.data * smoothed.sum() / (words[entries.row] * smoothed[entries.col]))
    positive = sparse.csr_matrix((np.maximum(information, 0), (entries.row, entries.col)), shape=counted.shape)
    left, sizes, _ = svds(positive, k=width, random_state=0)
    embeddings: np.ndarray = left * np.sqrt(sizes)
    return embeddings
