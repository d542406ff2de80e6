"""Valence as a weighted sum of what is read of a text: words by the rules, runs of words, the lexicon, and MiniLM.

Each column is there twice: for all sources, and for its own. So "long" may be bad of a film and good of a battery, and
what is common is learned from all. Source: Daumé, "Frustratingly Easy Domain Adaptation" (2007).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, hstack

from models.linear.ridge import Ridge
from models.text.hashed_tfidf import Tfidf
from pipelines.sentiment.reading import Read

BLOCKS = ("level", "ruled", "runs", "sums", "vectors")
PENALTY = 4.0
STRETCH = 1.0  # of MiniLM's vector, which has length 1 as the other blocks have; 0 would leave it out


class Score:
    """Ridge regression over some blocks of columns.

    by_source: whether a source has columns of its own. A text may be of several sources in parts.
    """

    def __init__(
        self,
        blocks: tuple[str, ...] = BLOCKS,
        penalty: float = PENALTY,
        stretch: float = STRETCH,
        by_source: bool = True,
    ):
        self.blocks, self.penalty, self.stretch, self.by_source = blocks, penalty, stretch, by_source

    def fit(self, read: Read, valence: np.ndarray) -> Score:
        """Return it, fitted. valence: shape (n,)."""
        self.tfidf = Tfidf().fit(read.runs)
        self.middle, self.scale = read.sums.mean(axis=0), np.maximum(read.sums.std(axis=0), 1e-9)
        self.centre: np.ndarray = read.vectors.mean(axis=0)
        shares = self.shares(read.sources)
        columns = [self.columns(name, read) for name in self.blocks]
        copies = [csr_array(part.multiply(share[:, None])) for part in columns for share in shares.T]
        ridge = Ridge(self.penalty).fit(csr_array(hstack(copies, format="csr")), valence)
        self.intercept = ridge.intercept
        ends = np.cumsum([part.shape[1] * shares.shape[1] for part in columns])
        self.weights: dict[str, np.ndarray] = {
            name: part.reshape(shares.shape[1], -1)
            for name, part in zip(self.blocks, np.split(ridge.weights, ends[:-1]), strict=True)
        }
        return self

    def shares(self, sources: np.ndarray) -> np.ndarray:
        """Return how much of each copy of the columns a text has: of the common one, and of each source's.

        sources: (n, 4). Shape (n, 1) or (n, 5).
        """
        common = np.ones((len(sources), 1))
        return np.hstack([common, sources]) if self.by_source else common

    @property
    def copies(self) -> int:
        """Return the number of copies of the columns."""
        return len(next(iter(self.weights.values())))

    def columns(self, name: str, read: Read) -> csr_array:
        """Return the columns of one block, shape (n, its width)."""
        if name == "level":
            return csr_array(np.ones((len(read.sums), 1)))
        if name == "ruled":
            return read.ruled
        if name == "runs":
            return self.tfidf.transform(read.runs)
        if name == "sums":
            return csr_array((read.sums - self.middle) / self.scale)
        return csr_array(self.stretch * (read.vectors - self.centre))

    def predict(self, read: Read) -> np.ndarray:
        """Return the valence of each text, shape (n,). It may lie beyond -4 and 4."""
        shares, valence = self.shares(read.sources), np.full(len(read.sums), self.intercept)
        for name in self.blocks:
            valence += ((self.columns(name, read) @ self.weights[name].T) * shares).sum(axis=1)
        return valence

    def start(self, sources: np.ndarray) -> np.ndarray:
        """Return what the score is before a word is read, shape (n,). sources: (n, 4)."""
        shares, scores = self.shares(sources), np.full(len(sources), self.intercept)
        taken = {"level": -np.ones(1), "sums": self.middle / self.scale, "vectors": self.stretch * self.centre}
        for name in set(self.blocks) & set(taken):
            scores -= shares @ (self.weights[name] @ taken[name])
        return scores


def simple() -> Score:
    """Return the strongest simple rival, the baseline of the gate: ridge regression on MiniLM's vectors alone."""
    return Score(("vectors",), by_source=False)
