"""A product with a weight of 4 bits, in torch: the weight is unpacked, then multiplied."""

import torch

GROUP = 128  # inputs that share a scale
WORDS = GROUP // 4  # of 16 bits, for a group


def int4_matmul(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return x, (..., inputs), times a weight of 4 bits, (..., outputs).

    codes: (groups, outputs, 32), int16, where bits 4 i to 4 i + 3 of word j are a weight's number plus 8, of input
    32 i + j of the group. scales: (groups, outputs), float16, what the numbers of a group are multiplied by.
    """
    return x @ unpacked(codes, scales).to(x.dtype).T


def unpacked(codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return the weight, (outputs, inputs), float32."""
    numbers = torch.cat([(codes >> 4 * i & 15) - 8 for i in range(4)], dim=-1)
    return (numbers * scales.float()[..., None]).transpose(0, 1).flatten(1)
