"""Changes that fool a network: no pixel by more than `eps`, of a range from 0 to 1.

FGSM takes one step along the sign of the gradient: Goodfellow et al. (2014), https://arxiv.org/abs/1412.6572.
PGD takes many small ones, from a random start: Madry et al. (2017), https://arxiv.org/abs/1706.06083.
`strongest` starts PGD again where it failed, along the margin between logits, whose gradient does not vanish where the
network is sure: Carlini and Wagner (2016), https://arxiv.org/abs/1608.04644.

Reference: the worst case of a linear classifier, exact by its formula, 1e-5.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

STEPS = 40
STRONG_STEPS, RESTARTS = 100, 8  # of the strongest attack

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the sum of the losses that networks learn by."""
    return functional.cross_entropy(logits, labels, reduction="sum")


def margin(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the sum of how far the best wrong logit is above the right one."""
    right = functional.one_hot(labels, logits.shape[1]).bool()
    return (logits.masked_fill(right, -torch.inf).amax(dim=1) - logits[right]).sum()


def gradient(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, loss: Loss = cross_entropy
) -> torch.Tensor:
    """Return how the loss grows with each pixel, shape of the images."""
    images = images.detach().requires_grad_()
    return torch.autograd.grad(loss(network(images), labels), images)[0]


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
    loss: Loss = cross_entropy,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Return the images after `steps` steps of 2.5 eps / steps, each brought back to within `eps`."""
    start = (torch.rand(images.shape, generator=generator, dtype=images.dtype) * 2 - 1).to(images.device) * eps
    adversarial = (images + start).clamp(0, 1)
    for _ in range(steps):
        adversarial = adversarial + 2.5 * eps / steps * gradient(network, adversarial, labels, loss).sign()
        adversarial = torch.minimum(torch.maximum(adversarial, images - eps), images + eps).clamp(0, 1)
    return adversarial.detach()


def strongest(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    eps: float,
    *,
    steps: int = STRONG_STEPS,
    restarts: int = RESTARTS,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Return the images after the first of some attacks that fools the network, or after the last.

    One attack in two follows the margin, the others cross-entropy; each has a random start.
    """
    adversarial = images.clone()
    left = torch.arange(len(images))
    for attempt in range(restarts):
        loss = cross_entropy if attempt % 2 else margin
        tried = pgd(network, images[left], labels[left], eps, steps=steps, loss=loss, generator=generator)
        adversarial[left] = tried
        with torch.no_grad():
            left = left[network(tried).argmax(dim=1) == labels[left]]
        if not len(left):
            break
    return adversarial
