"""A product with a frozen weight and a low-rank change of it, in torch. Source: Hu et al., "LoRA" (2021)."""

import torch
from torch.nn import functional


def lora_matmul(
    x: torch.Tensor, weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scale: float
) -> torch.Tensor:
    """Return x, (..., inputs), times a weight, (outputs, inputs), plus `scale` times x by way of `down` and `up`.

    down: (rank, inputs). up: (outputs, rank).
    """
    return functional.linear(x, weight) + scale * functional.linear(functional.linear(x, down), up)
