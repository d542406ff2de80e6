"""RMSNorm in torch. Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019), equation 4."""

import torch


def rms_norm(
    x: torch.Tensor, weight: torch.Tensor, epsilon: float = 1e-6, kind: torch.dtype | None = None
) -> torch.Tensor:
    """Return rows of x, (..., width), of a mean square of 1, times a weight, (width,).

    kind: the type of the result, that of x by default.
    """
    wide = x if x.dtype == torch.float64 else x.float()
    scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon)
    return (wide * scale * weight).to(kind or x.dtype)
