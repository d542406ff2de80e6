"""Randomized smoothing: a radius within which no change of an image changes the answer, with a stated probability.

After Cohen et al. (2019), https://arxiv.org/abs/1902.02918. The smoothed network answers what the network says most
often of the image under Gaussian noise of deviation sigma. Where that share is at least p > 1/2, no change of Euclidean
length under sigma * z(p) can change it, with z the quantile of the normal distribution.

Reference: scipy.stats.binomtest, the lower bound within 1e-12.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import beta, norm
from torch import nn

CHOOSE, COUNT, DOUBT = 64, 1_000, 0.001  # draws to choose the digit, draws to count on, probability of a wrong radius


@torch.no_grad()
def counts(network: nn.Module, image: torch.Tensor, sigma: float, draws: int, generator: torch.Generator) -> np.ndarray:
    """Return how often the network answers each digit under noise, shape (10,). image: shape (1, 28, 28)."""
    noise = torch.randn((draws, *image.shape), generator=generator) * sigma
    answers = network(image + noise).argmax(dim=1).numpy()
    return np.bincount(answers, minlength=10)


def lower_bound(successes: int, draws: int, doubt: float = DOUBT) -> float:
    """Return Clopper and Pearson's lower bound of a probability."""
    return float(beta.ppf(doubt, successes, draws - successes + 1)) if successes else 0.0


def certify(
    network: nn.Module, image: torch.Tensor, sigma: float, generator: torch.Generator, count: int = COUNT
) -> tuple[int | None, float]:
    """Return the digit and the radius that is certain, or None and 0 where nothing is."""
    chosen = int(counts(network, image, sigma, CHOOSE, generator).argmax())
    share = lower_bound(int(counts(network, image, sigma, count, generator)[chosen]), count)
    return (chosen, sigma * float(norm.ppf(share))) if share > 0.5 else (None, 0.0)
