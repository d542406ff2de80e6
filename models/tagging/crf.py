"""A linear-chain conditional random field: a tag for each token, by what is seen there and by the tag before.

Source: Lafferty, McCallum and Pereira, "Conditional Random Fields" (2001). The loss is convex; L-BFGS finds its one
least value. Sentences are computed together, padded to the length of the longest.

Reference: sklearn_crfsuite.CRF: loss within 1e-6, probabilities within 1e-3, each tag; all sequences, summed by hand,
1e-6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array

from models.linear.softmax import Block


class CRF:
    """Weights of what is seen, (columns, tags), and of each pair of tags, (tags, tags).

    What is seen comes in blocks, sparse or dense, each of shape (tokens, its columns), sentence after sentence. The
    columns of the blocks stand next to each other.
    """

    def __init__(self, tags: int, ridge: float = 1.0, steps: int = 100):
        """ridge: the weight of the squares of all weights in the loss. steps: of L-BFGS, at most."""
        self.tags, self.ridge, self.steps = tags, ridge, steps

    def fit(self, seen: Sequence[Block], tags: np.ndarray, lengths: Sequence[int]) -> CRF:
        """Return it, fitted. tags: (tokens,). lengths: of the sentences, in tokens."""
        turned = [csr_array(block.T) if isinstance(block, csr_array) else block.T for block in seen]
        one_hot = np.eye(self.tags)[tags]
        inside = np.ones(len(tags), bool)
        inside[np.cumsum(lengths)[:-1]] = False  # the first of a sentence has no tag before it
        inside[0] = False
        follows = np.flatnonzero(inside)
        pairs = np.zeros((self.tags, self.tags))
        np.add.at(pairs, (tags[follows - 1], tags[follows]), 1)
        counts = np.concatenate([block @ one_hot for block in turned])
        size = counts.size

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights, moves = flat[:size].reshape(-1, self.tags), flat[size:].reshape(self.tags, self.tags)
            whole, expected, expected_pairs = _expected(scored(seen, weights), moves, lengths)
            value = whole - (weights * counts).sum() - (moves * pairs).sum() + self.ridge * (flat @ flat)
            slopes = np.concatenate([block @ expected for block in turned]) - counts
            slope = np.concatenate([slopes.ravel(), (expected_pairs - pairs).ravel()])
            return float(value), slope + 2 * self.ridge * flat

        flat = np.zeros(size + self.tags**2)
        found = minimize(loss, flat, jac=True, method="L-BFGS-B", options={"maxiter": self.steps, "ftol": 1e-10})
        self.weights: np.ndarray = found.x[:size].reshape(-1, self.tags)
        self.moves: np.ndarray = found.x[size:].reshape(self.tags, self.tags)
        self.loss = float(found.fun)
        return self

    def predict(self, seen: Sequence[Block], lengths: Sequence[int]) -> np.ndarray:
        """Return the most likely sequence of tags of each sentence, shape (tokens,): Viterbi."""
        scores, places = padded(scored(seen, self.weights), lengths)
        best, came = scores[:, 0], np.zeros(scores.shape, int)
        for time in range(1, scores.shape[1]):
            each = best[:, :, None] + self.moves
            came[:, time], there = each.argmax(axis=1), time < np.asarray(lengths)
            best = np.where(there[:, None], each.max(axis=1) + scores[:, time], best)
        tags = np.zeros(scores.shape[:2], int)
        tag, row = best.argmax(axis=1), np.arange(len(scores))
        for time in range(scores.shape[1] - 1, -1, -1):
            there = time < np.asarray(lengths)
            tags[:, time] = tag
            tag = np.where(there & (time > 0), came[row, time, tag], tag)
        sequence: np.ndarray = tags[places]
        return sequence

    def marginals(self, seen: Sequence[Block], lengths: Sequence[int]) -> np.ndarray:
        """Return how likely each tag of each token is, (tokens, tags)."""
        return _expected(scored(seen, self.weights), self.moves, lengths)[1]


def scored(seen: Sequence[Block], weights: np.ndarray) -> np.ndarray:
    """Return the score of each tag at each token, (tokens, tags). weights: of the columns of all blocks."""
    ends = np.cumsum([0, *(block.shape[1] for block in seen)]).tolist()
    return np.asarray(sum(block @ weights[a:b] for block, (a, b) in zip(seen, pairwise(ends), strict=True)))


def padded(rows: np.ndarray, lengths: Sequence[int]) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the rows of tokens as (sentences, time, ...), zeros behind the ends, and the place of each token there."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    time = np.arange(len(rows)) - first[sentence]
    table = np.zeros((len(lengths), max(lengths), *rows.shape[1:]))
    table[sentence, time] = rows
    return table, (sentence, time)


def _expected(rows: np.ndarray, moves: np.ndarray, lengths: Sequence[int]) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the sum of the logarithms of the normalizers, and how often each tag and each pair is expected.

    rows: the score of each tag at each token, (tokens, tags). Forward and backward, each step divided by its sum.
    """
    highest, most = rows.max(axis=1, keepdims=True), moves.max()
    chances, places = padded(np.exp(rows - highest), lengths)
    pair, longest = np.exp(moves - most), chances.shape[1]
    there = np.arange(longest) < np.asarray(lengths)[:, None]
    forward, sums = np.zeros_like(chances), np.ones(there.shape)
    for time in range(longest):
        mask = there[:, time]
        step = chances[mask, time] * (forward[mask, time - 1] @ pair if time else 1.0)
        sums[mask, time] = step.sum(axis=1)
        forward[mask, time] = step / sums[mask, time, None]
    backward, pairs = np.ones_like(chances), np.zeros_like(moves)
    for time in range(longest - 2, -1, -1):
        mask = there[:, time + 1]
        after = chances[mask, time + 1] * backward[mask, time + 1] / sums[mask, time + 1, None]
        backward[mask, time] = after @ pair.T
        pairs += forward[mask, time].T @ after * pair
    whole = np.log(sums).sum() + highest.sum() + most * (len(rows) - len(lengths))
    return float(whole), (forward * backward)[places], pairs
