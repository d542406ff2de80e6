"""A hidden Markov model of tags and symbols, learned by counting: a tag follows a tag, and a tag has a symbol.

Source: Rabiner, "A Tutorial on Hidden Markov Models" (1989): the forward and the backward procedure (equations 19 to
27), each step divided by its sum, and Viterbi (32 to 35), in logarithms.

Reference: all sequences of tags, summed by hand, 1e-6; the ice creams of Jurafsky and Martin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class HMM:
    """Probabilities of the first tag, (tags,), of the next tag, (tags, tags), and of a symbol, (tags, symbols)."""

    def __init__(self, tags: int, symbols: int, smoothing: float = 0.1):
        """smoothing: what is added to each count."""
        self.tags, self.symbols, self.smoothing = tags, symbols, smoothing

    def fit(self, symbols: Sequence[np.ndarray], tags: Sequence[np.ndarray]) -> HMM:
        """Return it, fitted. symbols, tags: the numbers of each sequence, shapes (its length,)."""
        first, moves, emits = (
            np.full(shape, self.smoothing) for shape in (self.tags, (self.tags, self.tags), (self.tags, self.symbols))
        )
        for seen, hidden in zip(symbols, tags, strict=True):
            first[hidden[0]] += 1
            np.add.at(moves, (hidden[:-1], hidden[1:]), 1)
            np.add.at(emits, (hidden, seen), 1)
        self.first: np.ndarray = first / first.sum()
        self.moves: np.ndarray = moves / moves.sum(axis=1, keepdims=True)
        self.emits: np.ndarray = emits / emits.sum(axis=1, keepdims=True)
        return self

    def likelihood(self, symbols: np.ndarray) -> float:
        """Return the logarithm of the probability of a sequence, over all sequences of tags."""
        return float(np.log(self._forward(symbols)[1]).sum())

    def marginals(self, symbols: np.ndarray) -> np.ndarray:
        """Return how likely each tag is at each place, (length, tags)."""
        forward, sums = self._forward(symbols)
        backward = np.ones_like(forward)
        for place in range(len(symbols) - 2, -1, -1):
            after = self.emits[:, symbols[place + 1]] * backward[place + 1]
            backward[place] = self.moves @ after / sums[place + 1]
        marginals: np.ndarray = forward * backward
        return marginals

    def predict(self, symbols: np.ndarray) -> np.ndarray:
        """Return the most likely sequence of tags, shape (length,): Viterbi."""
        moves, emits = np.log(self.moves), np.log(self.emits[:, symbols].T)
        best, came = np.log(self.first) + emits[0], []
        for scores in emits[1:]:
            each = best[:, None] + moves
            came.append(each.argmax(axis=0))
            best = each.max(axis=0) + scores
        path = [int(best.argmax())]
        for before in reversed(came):
            path.append(int(before[path[-1]]))
        return np.array(path[::-1])

    def _forward(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each tag's probability given the symbols so far, (length, tags), and each symbol's, (length,)."""
        forward, sums = np.zeros((len(symbols), self.tags)), np.zeros(len(symbols))
        for place, symbol in enumerate(symbols.tolist()):
            step = (forward[place - 1] @ self.moves if place else self.first) * self.emits[:, symbol]
            sums[place] = step.sum()
            forward[place] = step / sums[place]
        return forward, sums
