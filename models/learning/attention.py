"""Attention of queries to keys: in plain steps, and by torch's own kernel. They give the same.

q: (batch, heads, time, size). k, v: (batch, kv heads, keys, size), where each kv head serves a group of heads.
mask: (batch or 1, heads or 1, time, keys), what is added to the scores, or None where each query sees all keys up to
its own.

Sources: Vaswani et al., "Attention Is All You Need" (2017), equation 1; Ainslie et al., "GQA" (2023), for groups.

Reference: torch.nn.functional.scaled_dot_product_attention for the plain steps, logits of a decoder within 1e-5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch.nn import functional

Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
# Of the places of queries, (batch, time), and of keys, (batch, keys): the mask, or None for the causal one.
Mask = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Cache(Protocol):
    """Where the keys and values of the past are. A decoder asks it in place of attention among its own tokens."""

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Keep the new keys and values of a layer; return the attention to all of the past."""


def plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return attention step by step, as the reference."""
    if mask is None:
        time = torch.arange(q.shape[2], device=q.device)[None]
        mask = visible(time, time)
    return shares(q, k, mask) @ v.repeat_interleave(q.shape[1] // v.shape[1], 1)


def shares(q: torch.Tensor, k: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return what each query takes of each key, (batch, heads, time, keys), 1 in all."""
    k = k.repeat_interleave(q.shape[1] // k.shape[1], 1)
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask, dim=-1)


def sdpa(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return attention by torch's kernel."""
    grouped = q.shape[1] != k.shape[1]
    return functional.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None, enable_gqa=grouped)


def in_32_bits(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return the same where the rest is in mixed precision: on a CPU, its gradient in 16 bits takes five times as long.

    The factor is that of torch 2.13 on a Xeon with matrix units.
    """
    if q.device.type != "cpu":
        return sdpa(q, k, v, mask)
    with torch.autocast("cpu", enabled=False):
        return sdpa(q.float(), k.float(), v.float(), mask)


def visible(
    queries: torch.Tensor, keys: torch.Tensor, window: int | None = None, slopes: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mask, (batch, heads or 1, time, keys), of queries and keys at some places.

    queries: (batch, time). keys: (batch, keys). A query sees the keys up to its own place, the last `window` of them
    where there is one. slopes: (heads,), what a score loses with each place between them; ALiBi, Press et al. (2022).
    """
    far = (queries[:, :, None] - keys[:, None, :])[:, None]
    seen = (far >= 0) if window is None else (far >= 0) & (far < window)
    mask = torch.zeros(seen.shape, device=far.device).masked_fill(~seen, -torch.inf)
    return mask if slopes is None else mask - slopes[:, None, None] * far
