"""Weights packed in blocks, as GGUF files have them: a few bits for each number, and a scale for all of a block.

Source: https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c, `dequantize_row_*`.

Reference: gguf.quants.dequantize, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Format:
    """How numbers are packed. count: those of a block. layout: of its bytes. numbers: of blocks, (blocks, count)."""

    name: str
    count: int
    layout: np.dtype
    numbers: Callable[[np.ndarray], np.ndarray]

    def size(self, count: int) -> int:
        """Return the bytes of so many numbers."""
        return count // self.count * self.layout.itemsize

    def unpack(self, packed: np.ndarray) -> np.ndarray:
        """Return the numbers of some bytes in a row, 32 bits each."""
        return self.numbers(packed.view(self.layout)).astype(np.float32).reshape(-1)


def _halves(packed: np.ndarray) -> np.ndarray:
    """Return the lower four bits of all bytes of a block, then the upper ones, (blocks, 2 * bytes)."""
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def _scale(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)[:, None]


def _bf16(blocks: np.ndarray) -> np.ndarray:
    return (blocks.astype(np.uint32) << 16).view(np.float32)


def _q4_0(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(_scale(blocks["scale"]) * (_halves(blocks["packed"]).astype(np.float32) - 8))


def _q4_1(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(_scale(blocks["scale"]) * _halves(blocks["packed"]) + _scale(blocks["least"]))


def _q8_0(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(_scale(blocks["scale"]) * blocks["packed"])


def _q6_k(blocks: np.ndarray) -> np.ndarray:
    """Two parts of 128 numbers, each in four rows of 32; every 16 numbers have a scale of their own."""
    low, high = blocks["low"].reshape(-1, 2, 1, 64), blocks["high"].reshape(-1, 2, 1, 32)
    low = (low >> np.array([[0], [4]], np.uint8) & 15).reshape(-1, 2, 4, 32)
    high = high >> np.array([[0], [2], [4], [6]], np.uint8) & 3
    numbers = (low | high << 4).astype(np.float32).reshape(-1, 16, 16) - 32
    return np.asarray(numbers * (_scale(blocks["scale"]) * blocks["scales"])[:, :, None])


FORMATS = {  # by their number in a file
    0: Format("F32", 1, np.dtype("<f4"), np.asarray),
    1: Format("F16", 1, np.dtype("<f2"), np.asarray),
    2: Format("Q4_0", 32, np.dtype([("scale", "<f2"), ("packed", "u1", 16)]), _q4_0),
    3: Format("Q4_1", 32, np.dtype([("scale", "<f2"), ("least", "<f2"), ("packed", "u1", 16)]), _q4_1),
    8: Format("Q8_0", 32, np.dtype([("scale", "<f2"), ("packed", "i1", 32)]), _q8_0),
    14: Format(
        "Q6_K", 256, np.dtype([("low", "u1", 128), ("high", "u1", 64), ("scales", "i1", 16), ("scale", "<f2")]), _q6_k
    ),
    30: Format("BF16", 1, np.dtype("<u2"), _bf16),
}
