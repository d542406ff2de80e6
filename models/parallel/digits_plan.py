"""The convolutional network of `digits`, which learns to read MNIST's digits.

It has no dropout, and normalises by groups of channels: batch norm takes its means over the images that a worker sees,
so its result would depend on how many workers there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.parallel.plans import Plan
from models.vision.convolutional import CHANNELS, HIDDEN, SIZE, ConvolutionalNetwork

if TYPE_CHECKING:
    import pandas as pd

GROUPS = 4  # of channels


@dataclass(frozen=True)
class DigitsPlan(Plan):
    """A row is 785 bytes: the digit, then its pixels. batch_norm: in the place of groups, which is not exact."""

    channels: tuple[int, ...] = CHANNELS
    hidden: int = HIDDEN
    batch_norm: bool = False

    def network(self) -> ConvolutionalNetwork:
        torch.manual_seed(self.seed)
        norm = nn.BatchNorm2d if self.batch_norm else partial(nn.GroupNorm, GROUPS)
        return ConvolutionalNetwork(self.channels, self.hidden, dropout=0.0, norm=norm).to(self.dtype)

    def units(self, network: nn.Module) -> Iterator[nn.Module]:
        """Yield each layer that has weights."""
        return (layer for layer in network.modules() if [*layer.parameters(recurse=False)])

    def rows(self, data: torch.Tensor, step: int) -> torch.Tensor:
        """Return digits and their pixels, (batch, 785)."""
        return data[torch.randint(len(data), (self.batch,), generator=self.random(step))]

    def loss(self, network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
        return self.losses(network, rows).mean()

    def losses(self, network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
        """Return what each row costs, in nats."""
        images = rows[:, 1:].view(-1, 1, SIZE, SIZE).to(self.dtype) / 255
        return functional.cross_entropy(network(images), rows[:, 0].long(), reduction="none")

    @torch.inference_mode()
    def bits(self, weights: Mapping[str, torch.Tensor], test: np.ndarray) -> np.ndarray:
        """Return the bits of each digit."""
        network = self.network()
        network.load_state_dict(weights)
        bits: np.ndarray = self.losses(network.eval(), torch.from_numpy(test)).numpy() / np.log(2)
        return bits


def to_rows(table: pd.DataFrame) -> np.ndarray:
    """Return digits and their pixels as bytes, (n, 785). table: as `data_sets.mnist` has it."""
    pixels = np.frombuffer(b"".join(table["pixels"]), np.uint8).reshape(len(table), -1)
    return np.concatenate([table["label"].to_numpy(np.uint8)[:, None], pixels], axis=1)
