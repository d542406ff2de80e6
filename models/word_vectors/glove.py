"""GloVe: vectors whose products are the logarithms of counts. Pennington, Socher and Manning (2014).

Reference: torch.optim.Adagrad, vectors after three steps within 1e-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse


@dataclass(frozen=True)
class Plan:
    """How the vectors are learned. A pair that comes `full` times or more has the full weight."""

    width: int = 100
    epochs: int = 25
    rate: float = 0.05
    full: float = 100.0
    power: float = 0.75
    batch: int = 2048
    seed: int = 0


class Glove:
    """Two vectors and biases of each word, and what AdaGrad knows of them: the last column is the bias."""

    def __init__(self, words: int, width: int, seed: int):
        generator = torch.Generator().manual_seed(seed)
        self.sides = [(torch.rand(words, width + 1, generator=generator) - 0.5) / width for _ in range(2)]
        self.squares = [torch.ones(words, width + 1) for _ in range(2)]  # as the authors' program begins

    def step(self, pairs: torch.Tensor, logs: torch.Tensor, weights: torch.Tensor, rate: float) -> None:
        """Move the vectors once, in place, down the weighted squares of u v + b + c - log x: equation 8.

        pairs: (2, n). logs, weights: (n,).
        """
        first, second = (side[numbers] for side, numbers in zip(self.sides, pairs, strict=True))
        error = weights * ((first[:, :-1] * second[:, :-1]).sum(1) + first[:, -1] + second[:, -1] - logs)
        for side, squares, numbers, opposite in zip(self.sides, self.squares, pairs, (second, first), strict=True):
            slope = error[:, None] * torch.cat([opposite[:, :-1], torch.ones(len(opposite), 1)], dim=1)
            squares.index_add_(0, numbers, slope**2)
            side.index_add_(0, numbers, slope / squares[numbers].sqrt(), alpha=-rate)


def vectors(counted: sparse.csr_matrix, plan: Plan) -> np.ndarray:
    """Return a vector of each word, (words, width): the sum of its two. counted: see `counts.near`."""
    entries, generator = counted.tocoo(), torch.Generator().manual_seed(plan.seed)
    pairs = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    logs = torch.from_numpy(np.log(entries.data)).float()
    weights = torch.from_numpy(np.minimum(1, entries.data / plan.full) ** plan.power).float()
    glove = Glove(counted.shape[0], plan.width, plan.seed)
    for _ in range(plan.epochs):
        for some in torch.randperm(len(logs), generator=generator).split(plan.batch):
            glove.step(pairs[:, some], logs[some], weights[some], plan.rate)
    embeddings: np.ndarray = sum(side[:, :-1] for side in glove.sides).numpy()  # type: ignore[union-attr]  # of tensors
    return embeddings
