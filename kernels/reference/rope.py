"""Rotary positions in torch. Source: Su et al., "RoFormer" (2021), equation 34; pairs are halves, as in Llama."""

import torch


def rope(q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries, (batch, heads, time, size), and keys, turned by the angles of their places.

    cos, sin: (batch or 1, 1, time, size / 2).
    """
    return _turned(q, cos, sin), _turned(k, cos, sin)


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    left, right = x.chunk(2, dim=-1)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1).to(x.dtype)
