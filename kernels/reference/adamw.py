"""AdamW in torch, tensor by tensor. Source: Loshchilov and Hutter, "Decoupled Weight Decay" (2019), algorithm 2."""

import torch


def adamw(
    weights: list[torch.Tensor],
    slopes: list[torch.Tensor],
    means: list[torch.Tensor],
    squares: list[torch.Tensor],
    step: int,
    rate: float,
    betas: tuple[float, float],
    epsilon: float,
    decay: float,
) -> None:
    """Change weights, and the running means of their gradients and of its squares, in place. step: 1 is the first."""
    first, second = betas
    for weight, slope, mean, square in zip(weights, slopes, means, squares, strict=True):
        w, g, m, s = (x if x.dtype == torch.float64 else x.float() for x in (weight, slope, mean, square))
        m = first * m + (1 - first) * g
        s = second * s + (1 - second) * g * g
        w = w * (1 - rate * decay)
        w = w - rate / (1 - first**step) * m / ((s / (1 - second**step)).sqrt() + epsilon)
        for old, new in ((weight, w), (mean, m), (square, s)):
            old.copy_(new)
