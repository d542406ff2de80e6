"""A linear layer and the cross entropy of its logits, in torch."""

import torch
from torch.nn import functional

from kernels.reference.cross_entropy import cross_entropy


def linear_cross_entropy(
    x: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, ignore: int = -100
) -> torch.Tensor:
    """Return the mean loss, in nats, of the logits of x, (rows, width), by a weight, (classes, width)."""
    return cross_entropy(functional.linear(x, weight), targets, ignore)
