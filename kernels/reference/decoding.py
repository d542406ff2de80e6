"""The small operations of a decoder's step in plain torch."""

import math

import torch


def normalized(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return the rows of x over their root mean square, times the weight."""
    return torch.nn.functional.rms_norm(x, weight.shape, weight, epsilon)


def unit_rows(x: torch.Tensor, smallest: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of x over their largest magnitude, at least `smallest`, then 1 and -1; and that, (rows, 1)."""
    largest = x.abs().amax(-1, keepdim=True).clamp(min=smallest)
    ends = x.new_tensor([1.0, -1.0]).expand(len(x), 2)
    return torch.cat([x / largest, ends], dim=1), largest


def attended(
    qkv: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], places: torch.Tensor, slots: torch.Tensor,
    keys: torch.Tensor, values: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Return what new tokens gather from the past and from themselves; keep their keys and values."""
    groups, size = keys.shape[1:]
    heads = qkv.shape[1] // size - 2 * groups
    q, k, v = qkv.unflatten(-1, (-1, size)).split([heads, groups, groups], dim=1)
    new = slots.gather(1, places[:, None])[:, 0]
    keys[new], values[new] = _turned(k, turn), v
    seen = torch.arange(slots.shape[1]) <= places[:, None]
    past = [memory[slots].repeat_interleave(heads // groups, dim=2) for memory in (keys, values)]
    scores = torch.einsum("rhi,rphi->rhp", _turned(q, turn), past[0]) / math.sqrt(size)
    shares = scores.masked_fill(~seen[:, None], -torch.inf).softmax(-1)
    return torch.einsum("rhp,rphi->rhi", shares, past[1]).flatten(1)


def _turned(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    (left, right), (cos, sin) = x.chunk(2, dim=-1), (part[:, None] for part in turn)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1)
