"""Training on the worst case: under attack, after Madry et al. (2017), or under noise, for randomized smoothing."""

import torch
from torch import nn

from pipelines.digits import attacks
from pipelines.digits.learning import Harden

STEPS = 7


def attacked(eps: float, steps: int = STEPS) -> Harden:
    """Return what trains on the worst images within `eps` that PGD finds against the network as it is."""

    def harden(
        network: nn.Module, images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        network.eval()
        found = attacks.pgd(network, images, labels, eps, steps=steps, generator=generator)
        network.train()
        return found

    return harden


def noisy(sigma: float) -> Harden:
    """Return what trains under Gaussian noise of deviation `sigma`."""
    return lambda _network, images, _labels, generator: (
        images + torch.randn(images.shape, generator=generator).to(images.device) * sigma
    )
