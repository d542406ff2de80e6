"""Attention of the newest tokens to keys and values in pages, in torch: they are gathered first."""

import math

import torch


def paged_attention(
    q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, tables: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    """Return what the newest token of each stream gathers, (streams, heads, size).

    q: (streams, heads, size). keys, values: (pages, slots, kv heads, size), of all streams. tables: the pages of each
    stream, (streams, pages). lengths: the tokens of each stream, (streams,), at least 1.
    """
    heads, size = q.shape[1:]
    slots, groups = keys.shape[1:3]
    known = torch.arange(tables.shape[1] * slots, device=q.device) < lengths[:, None]  # (streams, tokens)
    k, v = (
        x[tables].flatten(1, 2).float().masked_fill(~known[..., None, None], 0).repeat_interleave(heads // groups, 2)
        for x in (keys, values)
    )
    scores = torch.einsum("bhd,bthd->bht", q.float(), k) / math.sqrt(size)
    shares = scores.masked_fill(~known[:, None], -torch.inf).softmax(-1)
    return torch.einsum("bht,bthd->bhd", shares, v).to(q.dtype)
