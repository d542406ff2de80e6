"""Low-rank adapters: small changes of a network, many at a time, of which each row of a batch has its own.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021); Chen et al., "Punica" (2023), for rows
with different adapters in one batch.

Reference: peft.get_peft_model with LoraConfig, logits and weights after three steps within 1e-5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.nn import functional

NONE = 0  # the adapter that changes nothing


class Chosen:
    """Which adapter each row of the next batch has, shape (batch,); None where no row has one.

    only: the one that all rows have, None for different ones: its product is that of one matrix, and faster.
    """

    def __init__(self) -> None:
        self.rows: torch.Tensor | None = None
        self.only: int | None = None

    def choose(self, numbers: Sequence[int] | None) -> None:
        """Choose the adapters of the rows of the batches that follow."""
        self.rows = torch.tensor(numbers) if numbers is not None and any(numbers) else None
        self.only = numbers[0] if numbers is not None and len(set(numbers)) == 1 else None


class Adapted(nn.Module):
    """A linear layer, and what the adapters add to it: `scale` times two narrow layers, `down` and `up`.

    down: (adapters, rank, inputs). up: (adapters, outputs, rank). Those of number 0 are 0.
    """

    def __init__(self, linear: nn.Linear, count: int, rank: int, scale: float, chosen: Chosen):
        super().__init__()
        self.linear, self.scale, self.chosen = linear, scale, chosen
        self.down = nn.Parameter(linear.weight.new_zeros(count + 1, rank, linear.in_features))
        self.up = nn.Parameter(linear.weight.new_zeros(count + 1, linear.out_features, rank))
        for number in range(1, count + 1):
            nn.init.kaiming_uniform_(self.down.data[number], a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, outputs). x: (batch, time, inputs)."""
        output: torch.Tensor = self.linear(x)
        if self.chosen.rows is None:
            return output
        if self.chosen.only is not None:
            narrow = functional.linear(x, self.down[self.chosen.only])
            return torch.add(output, functional.linear(narrow, self.up[self.chosen.only]), alpha=self.scale)
        down, up = self.down[self.chosen.rows], self.up[self.chosen.rows]
        return output + self.scale * (x @ down.transpose(1, 2) @ up.transpose(1, 2))


def adapt(network: nn.Module, names: Sequence[str], count: int, rank: int = 8, alpha: float = 16.0) -> Chosen:
    """Give the linear layers with these names `count` adapters, in place; freeze all other weights.

    Return what chooses the adapters of a batch. alpha: `alpha / rank` is the scale of what an adapter adds. Raises
    ValueError where no layer has one of the names.
    """
    chosen, found = Chosen(), False
    for weights in network.parameters():
        weights.requires_grad_(False)
    for layer in list(network.modules()):
        for name, part in layer.named_children():
            if name in names and isinstance(part, nn.Linear):
                setattr(layer, name, Adapted(part, count, rank, alpha / rank, chosen))
                found = True
    if not found:
        raise ValueError(f"No linear layer of the network is named {' or '.join(names)}.")
    return chosen


def layers(network: nn.Module) -> Iterator[tuple[str, Adapted]]:
    """Yield the layers that have adapters, with their names."""
    yield from ((name, layer) for name, layer in network.named_modules() if isinstance(layer, Adapted))


def weights(network: nn.Module, number: int) -> dict[str, torch.Tensor]:
    """Return the weights of one adapter, which `load` takes."""
    parts = ((name, kind, getattr(layer, kind)) for name, layer in layers(network) for kind in ("down", "up"))
    return {f"{name}.{kind}": values[number].detach().clone() for name, kind, values in parts}


@torch.no_grad()
def load(network: nn.Module, number: int, weights: dict[str, torch.Tensor]) -> None:
    """Put the weights of an adapter in the place of those of a number, from 1."""
    for name, layer in layers(network):
        for kind in ("down", "up"):
            getattr(layer, kind)[number] = weights[f"{name}.{kind}"]


@torch.no_grad()
def merge(
    network: nn.Module, names: Sequence[str], weights: dict[str, torch.Tensor], rank: int = 8, alpha: float = 16.0
) -> None:
    """Add an adapter to the weights of a plain network, in place: nothing is left to choose, and nothing to compute."""
    for path, layer in list(network.named_modules()):
        for name, part in layer.named_children():
            if name in names and isinstance(part, nn.Linear):
                place = f"{path}.{name}" if path else name
                part.weight += alpha / rank * weights[f"{place}.up"] @ weights[f"{place}.down"]
