"""Changes that fool a network: no pixel by more than `eps`, of a range from 0 to 1.

FGSM takes one step along the sign of the gradient: Goodfellow et al. (2014), https://arxiv.org/abs/1412.6572.
PGD takes many small ones, from a random start: Madry et al. (2017), https://arxiv.org/abs/1706.06083.
"""

import torch
from torch import nn
from torch.nn import functional

STEPS = 40


def gradient(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return how the loss grows with each pixel, shape of the images."""
    images = images.detach().requires_grad_()
    loss = functional.cross_entropy(network(images), labels, reduction="sum")
    return torch.autograd.grad(loss, images)[0]


def fgsm(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the images after one step of size `eps`."""
    return (images + eps * gradient(network, images, labels).sign()).clamp(0, 1)


def pgd(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    eps: float,
    *,
    steps: int = STEPS,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Return the images after `steps` steps of 2.5 eps / steps, each brought back to within `eps`."""
    start = (torch.rand(images.shape, generator=generator, dtype=images.dtype) * 2 - 1).to(images.device) * eps
    adversarial = (images + start).clamp(0, 1)
    for _ in range(steps):
        adversarial = adversarial + 2.5 * eps / steps * gradient(network, adversarial, labels).sign()
        adversarial = torch.minimum(torch.maximum(adversarial, images - eps), images + eps).clamp(0, 1)
    return adversarial.detach()
