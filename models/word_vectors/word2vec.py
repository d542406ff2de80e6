"""Skip-gram with negative sampling: Mikolov et al., "Distributed Representations of Words and Phrases" (2013).

Reference: torch.optim.SGD, vectors after a step within 1e-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from models.word_vectors.text import Text


@dataclass(frozen=True)
class Plan:
    """How the vectors are learned. `often`: the share of a text above which a word is left out at times."""

    width: int = 100
    window: int = 5
    negatives: int = 5
    often: float = 1e-4
    epochs: int = 10
    rate: float = 0.025
    batch: int = 512
    seed: int = 0


def vectors(text: Text, plan: Plan) -> np.ndarray:
    """Return a vector of each word, (words, width)."""
    random, generator = np.random.default_rng(plan.seed), torch.Generator().manual_seed(plan.seed)
    inner = (torch.rand(len(text.words), plan.width, generator=generator) - 0.5) / plan.width
    outer = torch.zeros(len(text.words), plan.width)
    noise = torch.from_numpy(np.cumsum(text.counts**0.75) / np.sum(text.counts**0.75))
    for epoch in range(plan.epochs):
        pairs = torch.from_numpy(drawn(text, plan, random))
        for first in range(0, len(pairs), plan.batch):
            centres, contexts = pairs[first : first + plan.batch].T
            chances = torch.rand(len(centres), plan.negatives, generator=generator, dtype=torch.double)
            others = torch.searchsorted(noise, chances).clamp(max=len(text.words) - 1)
            rate = plan.rate * (1 - (epoch + first / len(pairs)) / plan.epochs)
            step(inner, outer, centres, torch.cat([contexts[:, None], others], dim=1), rate)
    return inner.numpy()


def drawn(text: Text, plan: Plan, random: np.random.Generator) -> np.ndarray:
    """Return pairs of a word and one near it, (pairs, 2), in any order: other ones in each epoch.

    Frequent words are left out at times, and the window of a word has any size up to the largest.
    """
    share = text.counts / text.counts.sum()
    kept = random.random(len(text.places)) < np.sqrt(plan.often / share)[text.places]
    places, lines = text.places[kept], text.lines[kept]
    sizes, found = random.integers(1, plan.window + 1, len(places)), []
    for far in range(1, plan.window + 1):
        together = lines[:-far] == lines[far:]
        for left, right in ((slice(None, -far), slice(far, None)), (slice(far, None), slice(None, -far))):
            seen = together & (sizes[left] >= far)
            found.append(np.stack([places[left][seen], places[right][seen]], axis=1))
    pairs = np.concatenate(found)
    return pairs[random.permutation(len(pairs))]


def step(inner: torch.Tensor, outer: torch.Tensor, centres: torch.Tensor, others: torch.Tensor, rate: float) -> None:
    """Move the vectors once, in place: the first of the `others`, (pairs, 1 + negatives), is near its centre.

    The loss of a pair is -log s(u_0 v) - sum log s(-u_k v), with s the logistic function: equation 4.
    """
    v, u = inner[centres], outer[others]
    wrong = torch.sigmoid((u @ v[:, :, None]).squeeze(2))
    wrong[:, 0] -= 1
    inner.index_add_(0, centres, (wrong[:, None] @ u).squeeze(1), alpha=-rate)
    outer.index_add_(0, others.flatten(), (wrong[:, :, None] * v[:, None]).flatten(0, 1), alpha=-rate)
