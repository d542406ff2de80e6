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
    qkv: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], places: torch.Tensor, tables: torch.Tensor,
    keys: torch.Tensor, values: torch.Tensor, page: int,
) -> torch.Tensor:  # fmt: skip
    """Return what new tokens gather from the past and from themselves, (rows, heads * size); keep their keys, values.

    qkv: a row for each token, (rows, (heads + 2 * groups) * size): queries, keys, values, not yet turned. turn: cosine
    and sine of RoPE, (rows, size / 2). places: of the tokens in their streams, (rows,). tables: the pages of the stream
    of each, (rows, pages). keys, values: of one layer, (slots, groups, size), where a page is `page` slots. All
    numbers have 32 bits, and are contiguous.
    """
    kernel = _compiled("_attend")
    if kernel is None:
        return reference.attended(qkv, turn, places, tables, keys, values, page)
    size = keys.shape[2]
    result = qkv.new_empty(len(qkv), qkv.shape[1] - 2 * keys.shape[1] * size)
    query, shares = qkv.new_empty(size), qkv.new_empty(int(places.max()) + 1)
    parts = (qkv, *turn, places, tables, keys, values, result, query, shares)
    kernel(*(part.numpy() for part in parts), page)
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


def _attend(
    qkv: Any, cos: Any, sin: Any, places: Any, tables: Any, keys: Any, values: Any, result: Any, query: Any,
    shares: Any, page: int,
) -> None:  # fmt: skip
    """Query and shares are room for the numbers of one head."""
    groups, size = keys.shape[1:]
    heads, half = result.shape[1] // size, size // 2
    for row in range(len(qkv)):  # all keep theirs first: tokens of one prompt see each other
        slot = tables[row, places[row] // page] * page + places[row] % page
        for group in range(groups):
            first = (heads + group) * size
            for i in range(half):
                left, right = qkv[row, first + i], qkv[row, first + half + i]
                keys[slot, group, i] = left * cos[row, i] - right * sin[row, i]
                keys[slot, group, half + i] = right * cos[row, i] + left * sin[row, i]
            for i in range(size):
                values[slot, group, i] = qkv[row, first + groups * size + i]
    root = qkv.dtype.type(1 / math.sqrt(size))
    for row in range(len(qkv)):
        for head in range(heads):
            first, group, seen = head * size, head // (heads // groups), places[row] + 1
            for i in range(half):
                left, right = qkv[row, first + i] * root, qkv[row, first + half + i] * root
                query[i] = left * cos[row, i] - right * sin[row, i]
                query[half + i] = right * cos[row, i] + left * sin[row, i]
                result[row, first + i], result[row, first + half + i] = 0, 0
            most, total = -qkv.dtype.type(math.inf), root * 0
            for place in range(seen):
                slot, score = tables[row, place // page] * page + place % page, root * 0
                for i in range(size):
                    score += query[i] * keys[slot, group, i]
                shares[place] = score
                most = max(most, score)
            for place in range(seen):
                shares[place] = math.exp(shares[place] - most)
                total += shares[place]
            for place in range(seen):
                slot, share = tables[row, place // page] * page + place % page, shares[place] / total
                for i in range(size):
                    result[row, first + i] += share * values[slot, group, i]
