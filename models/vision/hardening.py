"""Training on the worst case: under attack, after Madry et al. (2017), or under noise, for randomized smoothing."""

from itertools import count

import torch
from torch import nn

from models.vision import attacks
from models.vision.learning import Harden

STEPS = 7
# Batches in which the attack grows to its full strength, half of a training: see pipelines/digits/studies/warmup.
RISE = 1_400


def attacked(eps: float, steps: int = STEPS, rise: int = RISE) -> Harden:
    """Return what trains on the worst images within `eps` that PGD finds against the network as it is.

    rise: batches until the attack has its full strength.
    """
    batch = count(1)

    def harden(
        network: nn.Module, images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        network.eval()
        now = eps * min(1.0, next(batch) / rise)
        adversarial = attacks.pgd(network, images, labels, now, steps=steps, generator=generator)
        network.train()
        return adversarial

    return harden


def noisy(sigma: float) -> Harden:
    """Return what trains under Gaussian noise of deviation `sigma`."""
    return lambda _network, images, _labels, generator: (
        images + torch.randn(images.shape, generator=generator).to(images.device) * sigma
    )
