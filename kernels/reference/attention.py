"""Causal attention in torch. Source: Vaswani et al. (2017), equation 1; Ainslie et al., "GQA" (2023), for groups."""

import math

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Return what each query gathers of the keys up to its own, (batch, heads, time, size).

    q: (batch, heads, time, size). k, v: (batch, kv heads, time, size), where each kv head serves a group of heads.
    """
    kind, time = q.dtype, q.shape[2]
    q, k, v = (x if x.dtype == torch.float64 else x.float() for x in (q, k, v))
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], 1) for x in (k, v))
    hidden = torch.ones(time, time, dtype=torch.bool, device=q.device).triu(1)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(hidden, -torch.inf)
    return (torch.softmax(scores, dim=-1) @ v).to(kind)
