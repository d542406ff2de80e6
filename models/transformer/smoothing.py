"""Weights and what goes into them, brought to sizes that eight bits hold better: SmoothQuant.

A few columns of what goes into a linear layer are a hundred times as large as the rest, and eight bits for a row are
then spent on them. They are divided, and the weights multiplied, which changes no result: the division is done where
the columns come from, in the norm or the layer before.

Source: Xiao et al., "SmoothQuant" (2023), equation 4.

Reference: the network as it was, logits within 1e-3.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from models.transformer.adapters import Adapted
from models.transformer.decoder import Decoder

ALPHA = 0.5  # how far what goes in is made even, at the cost of the weights
SMALLEST = 1e-5


@torch.no_grad()
def smoothed(decoder: Decoder, tokens: torch.Tensor) -> Decoder:
    """Return a decoder that computes the same with columns of more even size. tokens: a usual text, (batch, time).

    Its states and its head stay as they are, so the head of another copy can read them. Raises ValueError for a decoder
    with experts.
    """
    if decoder.shape.experts:
        raise ValueError("Experts have no linear layers. Give a decoder without.")
    shared = {id(layer.chosen): layer.chosen for layer in decoder.modules() if isinstance(layer, Adapted)}
    decoder = copy.deepcopy(decoder, shared)  # who chooses the adapters of the one chooses those of the other
    largest = _largest(decoder, tokens)
    blocks: list[Any] = [*decoder.blocks]
    for block in blocks:
        for norm, layer in zip(block.norms, (block.attention.qkv, block.feed_forward.gate_up), strict=True):
            norm.weight.div_(_moved(layer, largest[layer]))
        down = block.feed_forward.down
        _divide_rows(block.feed_forward.gate_up, _moved(down, largest[down]))
    return decoder


def _largest(decoder: Decoder, tokens: torch.Tensor) -> dict[nn.Module, torch.Tensor]:
    """Return the largest magnitude of each column of what goes into each linear layer."""
    largest: dict[nn.Module, torch.Tensor] = {}

    def watch(layer: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        largest[layer] = inputs[0].flatten(0, -2).abs().amax(0)

    hooks = [layer.register_forward_pre_hook(watch) for layer in decoder.modules() if _is_linear(layer)]
    decoder(tokens)
    for hook in hooks:
        hook.remove()
    return largest


def _moved(layer: Any, largest: torch.Tensor) -> torch.Tensor:
    """Multiply the columns of a layer, and return by what: its inputs are to be divided by it."""
    weights = [*_matrices(layer)]
    heaviest = weights[0].abs().amax(0).clamp(min=SMALLEST)
    factor = largest.clamp(min=SMALLEST) ** ALPHA / heaviest ** (1 - ALPHA)
    for matrix in weights:
        matrix *= factor
    return factor


def _divide_rows(gate_up: Any, factor: torch.Tensor) -> None:
    """Divide what comes out of the second half of a layer, which only multiplies the first."""
    linear = gate_up.linear if isinstance(gate_up, Adapted) else gate_up
    linear.weight[len(factor) :] /= factor[:, None]
    if isinstance(gate_up, Adapted):
        gate_up.up[:, len(factor) :] /= factor[:, None]


def _matrices(layer: Any) -> Iterator[torch.Tensor]:
    """Yield the matrices that read what goes into a layer, its own first."""
    yield (layer.linear if isinstance(layer, Adapted) else layer).weight
    if isinstance(layer, Adapted):
        yield layer.down


def _is_linear(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear | Adapted)
