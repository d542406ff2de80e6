"""Counts of hashed runs, and their TF-IDF: no vocabulary is kept, so a text of any words has a place.

Sources: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009); Salton and Buckley,
"Term-Weighting Approaches in Automatic Text Retrieval" (1988), with the smoothing of scikit-learn.

Reference: sklearn's CountVectorizer, exactly, and TfidfTransformer, 1e-12.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array


def columns(names: Iterable[str], width: int) -> np.ndarray:
    """Return the column of each run, shape (n,), the same one in each process. width: how many columns there are."""
    return np.fromiter((zlib.crc32(name.encode("utf-8", "replace")) % width for name in names), np.int32)


Runs = Sequence[str] | np.ndarray  # of a text: their names, or their columns where these are known


def counted(texts: Iterable[Runs], width: int) -> csr_array:
    """Return how often each column is in each text, shape (texts, width). texts: the runs of each."""
    data, places, ends = [], [], [0]
    for runs in texts:
        numbers, counts = np.unique(_columns(runs, width), return_counts=True)
        places.append(numbers)
        data.append(counts)
        ends.append(ends[-1] + len(numbers))
    if not places:
        return csr_array((0, width))
    parts = (np.concatenate(data).astype(float), np.concatenate(places), np.array(ends, np.int32))
    return csr_array(parts, shape=(len(places), width))


def present(counts: csr_array) -> csr_array:
    """Return 1 where a column is in a text at all."""
    flags = counts.copy()
    flags.data = np.ones_like(flags.data)
    return flags


def shared(runs: Runs, counts: csr_array, weighted: csr_array, weights: np.ndarray) -> np.ndarray:
    """Return what each run of one text adds to a weighted sum, shape (runs,): that of its column, evenly over its runs.

    counts, weighted: the text's row of counts, and of what became of them, with the same columns. weights: of these,
    in the order of `counts.indices`.
    """
    if not len(runs):
        return np.empty(0)
    each = weighted.data * weights / counts.data
    order = np.argsort(counts.indices)
    return np.asarray(each[order][np.searchsorted(counts.indices[order], _columns(runs, counts.shape[1]))])


def _columns(runs: Runs, width: int) -> np.ndarray:
    return runs if isinstance(runs, np.ndarray) else columns(runs, width)


class Tfidf:
    """Weights of the columns: how few texts have them. Equal to scikit-learn's with `sublinear_tf`."""

    def fit(self, counts: csr_array) -> Tfidf:
        """Return it with the inverse document frequencies of the texts, `ln((1 + n) / (1 + df)) + 1`."""
        found = np.bincount(counts.indices, minlength=counts.shape[1])
        self.weights: np.ndarray = np.log((1 + counts.shape[0]) / (1 + found)) + 1
        return self

    def transform(self, counts: csr_array) -> csr_array:
        """Return `(1 + ln count) * weight` of each column, every text of length 1."""
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self.weights[weighted.indices]
        length = np.sqrt(np.add.reduceat(np.append(weighted.data**2, 0.0), weighted.indptr[:-1]))
        length[np.diff(weighted.indptr) == 0] = 1  # a text without a run stays at zero
        weighted.data /= np.repeat(length, np.diff(weighted.indptr))
        return weighted
