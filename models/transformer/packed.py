"""A network whose weights stay packed in memory, in 8 or 4 bits, and are unpacked as they are used.

The blocks are GGUF's, of 32 numbers in a row of a matrix: Q8_0, a scale and 8 bits each; Q4_1, a scale, the least
number, and 4 bits each. So 8.5 and 5 bits for a number of 32.

Reference: gguf.quants.quantize and dequantize, exactly.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.nn import functional

BLOCK = 32
Bits = Literal[8, 4]


class Packed(nn.Module):
    """A matrix, packed. Its buffers are all that it keeps."""

    scale: torch.Tensor  # (rows, blocks), 16 bits
    least: torch.Tensor  # the same, of 4 bits; empty for 8
    codes: torch.Tensor  # (rows, blocks, 32) for 8 bits, (rows, blocks, 16) for 4

    def __init__(self, matrix: torch.Tensor, bits: Bits):
        """Pack a matrix, shape (rows, columns). A last block that is not full is filled up with 0."""
        super().__init__()
        self.columns = matrix.shape[1]
        blocks = functional.pad(matrix.detach().float(), (0, -self.columns % BLOCK)).unflatten(1, (-1, BLOCK))
        if bits == 8:
            scale, least = blocks.abs().amax(-1) / 127, blocks.new_empty(0)
            codes = rounded(blocks * inverse(scale)).to(torch.int8)
        else:
            least, most = blocks.amin(-1), blocks.amax(-1)
            scale = (most - least) / 15
            numbers = ((blocks - least[..., None]) * inverse(scale) + 0.5).trunc().clamp(0, 15).to(torch.uint8)
            codes = numbers[..., : BLOCK // 2] | numbers[..., BLOCK // 2 :] << 4
        for name, values in {"scale": scale.half(), "least": least.half(), "codes": codes}.items():
            self.register_buffer(name, values)

    def rows(self, places: torch.Tensor | slice) -> torch.Tensor:
        """Return some rows as numbers of 32 bits, shape (*at, columns)."""
        codes, scale = self.codes[places], self.scale[places].float()[..., None]
        if codes.dtype == torch.int8:
            numbers = codes * scale
        else:
            numbers = torch.cat([codes & 15, codes >> 4], dim=-1) * scale + self.least[places].float()[..., None]
        return numbers.flatten(-2)[..., : self.columns]


class PackedLinear(nn.Module):
    """A linear layer, its matrix packed."""

    def __init__(self, packed: Packed, linear: nn.Linear):
        super().__init__()
        self.packed, self.bias = packed, linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.packed.rows(slice(None)), self.bias)


class PackedEmbedding(nn.Module):
    """Embeddings that are rows of a packed matrix."""

    def __init__(self, packed: Packed):
        super().__init__()
        self.packed = packed

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.packed.rows(tokens)


def pack(network: nn.Module, bits: Bits) -> None:
    """Pack the embeddings and linear layers of a network in place. Weights that two layers share stay shared."""
    by_weight: dict[torch.Tensor, Packed] = {}
    for layer in list(network.modules()):
        for name, part in layer.named_children():
            if isinstance(part, nn.Linear | nn.Embedding):
                if part.weight not in by_weight:
                    by_weight[part.weight] = Packed(part.weight, bits)
                packed = by_weight[part.weight]
                small = PackedLinear(packed, part) if isinstance(part, nn.Linear) else PackedEmbedding(packed)
                setattr(layer, name, small)


def size(network: nn.Module) -> int:
    """Return the bytes of all weights, each counted once."""
    tensors = {*network.parameters(), *network.buffers()}
    return sum(values.numel() * values.element_size() for values in tensors)


def rounded(values: torch.Tensor) -> torch.Tensor:
    """Return whole numbers, halves away from 0, as C rounds."""
    return values.sign() * (values.abs() + 0.5).floor()


def inverse(scale: torch.Tensor) -> torch.Tensor:
    """Return 1 / scale, 0 where it is 0, with one more axis."""
    return torch.where(scale == 0, scale, 1 / scale)[..., None]
