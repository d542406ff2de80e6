"""Where a token is: by rotation, by waves, or by how far it is from another."""

from __future__ import annotations

import torch


def angles(places: torch.Tensor, size: int, base: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return cosine and sine of RoPE, each (batch, 1, time, size / 2). places: (batch, time).

    Source: Su et al., "RoFormer" (2021), equation 15.
    """
    speeds = base ** (-torch.arange(0, size, 2, device=places.device) / size)
    turned = places[:, None, :, None] * speeds
    return turned.cos(), turned.sin()


def rotated(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Return queries or keys, (batch, heads, time, size), turned by their places. Pairs are halves, as in Llama."""
    (left, right), (cos, sin) = x.chunk(2, dim=-1), turn
    return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1)


def both_rotated(
    q: torch.Tensor, k: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys, turned by their places."""
    return rotated(q, turn), rotated(k, turn)


def waves(places: torch.Tensor, width: int, base: float = 10_000.0) -> torch.Tensor:
    """Return sinusoids of places, (batch, time, width). Source: Vaswani et al. (2017), section 3.5."""
    speeds = base ** (-torch.arange(0, width, 2, device=places.device) / width)
    turned = places[..., None] * speeds
    return torch.cat([turned.sin(), turned.cos()], dim=-1)


def slopes(heads: int) -> torch.Tensor:
    """Return what each head's scores lose with distance, (heads,). Source: Press et al., "ALiBi" (2022), section 3."""
    return 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads)
