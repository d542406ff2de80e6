"""The small operations of a decoder's step on a CPU, each one pass: norms, rows brought to one scale, attention.

Between its products a step has some twenty small operations in each layer. Each costs torch microseconds before it
computes anything, and for a few texts that adds up to as much as the products. Attention reads pages where they lie.
Without Numba, the references answer.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch

from kernels import notice
from kernels.reference import decoding as reference

FAST = {"contract", "nsz", "reassoc"}  # sums may be taken in another order, 8 or 16 at a time
SMALLEST = 1e-9  # what a row of zeros is divided by


def normalized(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return the rows of x over their root mean square, times the weight. x: (..., width), 32 bits, contiguous."""
    kernel = _compiled("_normalize")
    if kernel is None:
        return reference.normalized(x, weight, epsilon)
    result = torch.empty_like(x)
    kernel(x.flatten(0, -2).numpy(), weight.numpy(), epsilon, result.flatten(0, -2).numpy())
    return result


def unit_rows(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of x over their largest magnitude, then 1 and -1, (rows, width + 2); and that, (rows, 1).

    x: (rows, width), 32 bits. With both ends in each row, what rounds all rows by one range rounds each by its own.
    """
    kernel = _compiled("_divide")
    if kernel is None:
        return reference.unit_rows(x, SMALLEST)
    x, largest, result = x.contiguous(), x.new_empty(len(x), 1), x.new_empty(len(x), x.shape[1] + 2)
    kernel(x.numpy(), SMALLEST, result.numpy(), largest.numpy())
    return result, largest


def attended(
    qkv: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], places: torch.Tensor, slots: torch.Tensor,
    keys: torch.Tensor, values: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Return what new tokens gather from the past and from themselves, (rows, heads * size); keep their keys, values.

    qkv: a row for each token, (rows, (heads + 2 * groups) * size): queries, keys, values, not yet turned. turn: cosine
    and sine of RoPE, (rows, size / 2). places: of the tokens in their streams, (rows,). slots: where the tokens of each
    one's stream lie, (rows, places or more). keys, values: of one layer, (slots, groups, size). All numbers have 32
    bits, and are contiguous.
    """
    compare, gather = _compiled("_compare"), _compiled("_gather")
    if compare is None or gather is None:
        return reference.attended(qkv, turn, places, slots, keys, values)
    size = keys.shape[2]
    result = qkv.new_empty(len(qkv), qkv.shape[1] - 2 * keys.shape[1] * size)
    shares = qkv.new_empty(len(qkv), result.shape[1] // size, slots.shape[1])
    where = [part.numpy() for part in (places, slots, keys, values)]
    compare(qkv.numpy(), turn[0].numpy(), turn[1].numpy(), *where, qkv.new_empty(size).numpy(), shares.numpy())
    gather(shares.softmax(-1).numpy(), *where, result.numpy())  # torch takes exponentials eight or more at a time
    return result


@functools.cache
def _compiled(name: str) -> Callable[..., Any] | None:
    try:
        from numba import njit
    except ImportError:
        notice.warn("decoding", "Numba is not installed")
        return None
    compiled: Callable[..., Any] = njit(globals()[name], nogil=True, fastmath=FAST, error_model="numpy")
    return compiled


def _normalize(x: Any, weight: Any, epsilon: Any, result: Any) -> None:
    rows, width = x.shape
    for row in range(rows):
        total = x[row, 0] * 0
        for column in range(width):
            total += x[row, column] * x[row, column]
        scale = x.dtype.type(1 / math.sqrt(total / width + epsilon))
        for column in range(width):
            result[row, column] = x[row, column] * scale * weight[column]


def _divide(x: Any, smallest: Any, result: Any, largest: Any) -> None:
    rows, width = x.shape
    for row in range(rows):
        most = x.dtype.type(smallest)
        for column in range(width):
            most = max(most, abs(x[row, column]))
        scale = x.dtype.type(1 / most)
        for column in range(width):
            result[row, column] = x[row, column] * scale
        result[row, width], result[row, width + 1], largest[row, 0] = 1, -1, most


def _compare(
    qkv: Any, cos: Any, sin: Any, places: Any, slots: Any, keys: Any, values: Any, query: Any, scores: Any
) -> None:
    """Keep the keys and values of all tokens, then compare each with those that it sees. Query is room for a head's."""
    groups, size = keys.shape[1:]
    heads, half = scores.shape[1], size // 2
    for row in range(len(qkv)):  # all keep theirs first: tokens of one prompt see each other
        own = slots[row, places[row]]
        for group in range(groups):
            first = (heads + group) * size
            for i in range(half):
                left, right = qkv[row, first + i], qkv[row, first + half + i]
                keys[own, group, i] = left * cos[row, i] - right * sin[row, i]
                keys[own, group, half + i] = right * cos[row, i] + left * sin[row, i]
            for i in range(size):
                values[own, group, i] = qkv[row, first + groups * size + i]
    root = qkv.dtype.type(1 / math.sqrt(size))
    for row in range(len(qkv)):
        for head in range(heads):
            first, group = head * size, head // (heads // groups)
            for i in range(half):
                left, right = qkv[row, first + i] * root, qkv[row, first + half + i] * root
                query[i] = left * cos[row, i] - right * sin[row, i]
                query[half + i] = right * cos[row, i] + left * sin[row, i]
            for place in range(places[row] + 1):
                slot, score = slots[row, place], root * 0
                for i in range(size):
                    score += query[i] * keys[slot, group, i]
                scores[row, head, place] = score
            scores[row, head, places[row] + 1 :] = -math.inf


def _gather(shares: Any, places: Any, slots: Any, keys: Any, values: Any, result: Any) -> None:
    heads, (groups, size) = shares.shape[1], keys.shape[1:]
    for row in range(len(result)):
        for head in range(heads):
            first, group = head * size, head // (heads // groups)
            gathered = result[row, first : first + size]
            gathered[:] = 0
            for place in range(places[row] + 1):
                slot, share = slots[row, place], shares[row, head, place]
                for i in range(size):
                    gathered[i] += share * values[slot, group, i]
