"""A product with a weight of 8 bits, in torch: the weight is unpacked, then multiplied."""

import torch


def int8_matmul(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return x, (..., inputs), times a weight whose row i is `codes[i] * scales[i]`, (..., outputs).

    codes: (outputs, inputs), int8. scales: (outputs,), float32.
    """
    return x @ unpacked(codes, scales).to(x.dtype).T


def unpacked(codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return the weight, (outputs, inputs), float32."""
    return codes.float() * scales[:, None]
