"""Linear layers for decoding on a CPU, their weights in the types that one machine or another multiplies fastest.

Weights of four bits are GGUF's Q4_1, so those of such a file lose nothing; weights of eight have a scale for each row.
With both, what goes in has 16 bits. In whole numbers, it has eight bits as well, and a scale for each row: seven bits
where the machine adds pairs of products in 16 bits, which would overflow.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"
(2018), for products of integers.

Reference: torch.nn.functional.linear of the same weights: within 1 % of the length of a result with inputs of 16 bits,
within 3 % with inputs of 7.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from kernels.decoding import unit_rows
from models.transformer.packed import BLOCK, Packed, rounded

ROWS = 64  # that an order of 16 bits is for; it holds for others as well
Way = Callable[[torch.Tensor], nn.Module]  # a matrix, (outputs, inputs) -> a layer that takes (..., inputs)


class Plain(nn.Module):
    """A matrix of 32 bits."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        self.matrix = nn.Parameter(matrix.detach().float(), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.matrix)


class SixteenBits(nn.Module):
    """A matrix in the order in which this machine's product reads it, which has a private name in torch."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        self.matrix = torch.ops.mkldnn._reorder_linear_weight(matrix.detach().bfloat16(), ROWS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x.bfloat16(), self.matrix, None, "none", [], "")
        return result.to(x.dtype)


class FourBits(nn.Module):
    """Blocks of 32 numbers, each with a scale and a least number. Torch's product has private names."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        packed = Packed(matrix, 4)
        self.missing = -matrix.shape[1] % BLOCK  # columns that fill the last block
        codes = torch.cat([packed.codes & 15, packed.codes >> 4], dim=-1).flatten(1).int()
        scale, least = packed.scale.float(), packed.least.float()
        # It computes (code - 8) * scale + zero.
        self.zeros = torch.stack([scale, least + 8 * scale], dim=-1).transpose(0, 1).contiguous().bfloat16()
        self.codes = torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = functional.pad(x.flatten(0, -2).bfloat16(), (0, self.missing))
        result = torch.ops.aten._weight_int4pack_mm_for_cpu(rows, self.codes, BLOCK, self.zeros)
        return _shaped(result, x)


class EightBits(nn.Module):
    """Rows of whole numbers from -127 to 127, each with a scale. Torch's product has a private name."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        scale = _scale(matrix)
        self.codes = rounded(matrix.detach() / scale[:, None]).to(torch.int8)
        self.scale = scale.bfloat16()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(0, -2).bfloat16()
        result = torch.ops.aten._weight_int8pack_mm(rows, self.codes, self.scale)
        return _shaped(result, x)


class Integers(nn.Module):
    """The same, and what goes in is rounded as well, a scale for each row: products of whole numbers."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        self.codes = _integers(matrix)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        unit, largest = unit_rows(x.flatten(0, -2))
        result = torch.ops.quantized.linear_dynamic(unit, self.codes, overflows())
        return _shaped(result * largest, x)


def _shaped(rows: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return rows.view(*like.shape[:-1], -1).to(like.dtype)


def _scale(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.detach().abs().amax(1).clamp(min=1e-12) / 127


def _integers(matrix: torch.Tensor) -> torch.ScriptObject:
    """Return the codes with two columns of 0 more: see `unit_rows`."""
    matrix, scale = functional.pad(matrix.detach(), (0, 2)), _scale(matrix)
    with warnings.catch_warnings():  # torch moves this to a package of its own, and says so at each call
        warnings.simplefilter("ignore")
        codes = torch.quantize_per_channel(matrix, scale, torch.zeros_like(scale).long(), 0, torch.qint8)
        packed: torch.ScriptObject = torch.ops.quantized.linear_prepack(codes, None)
    return packed


@functools.cache
def overflows() -> bool:
    """Return whether pairs of products overflow 16 bits on this machine, where what goes in has eight bits."""
    unit, _ = unit_rows(torch.ones(1, 64))
    return abs(float(torch.ops.quantized.linear_dynamic(unit, _integers(torch.ones(1, 64)), False)) - 64) > 1


ALL: dict[str, Way] = {
    "32 bits": Plain,
    "16 bits": SixteenBits,
    "integers": Integers,
    "8 bits": EightBits,
    "4 bits": FourBits,
}


@functools.cache
def available() -> dict[str, Way]:
    """Return the ways that this machine and build of torch have, by name."""
    found = {}
    for name, way in ALL.items():
        with contextlib.suppress(AttributeError, RuntimeError):
            way(torch.ones(64, BLOCK))(torch.ones(1, BLOCK))
            found[name] = way
    return found
