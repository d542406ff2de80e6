"""Convolutions over the cycles of a window: Li, Ding and Sun (2018), "deep convolution neural networks", smaller."""

import torch
from torch import nn


class Convolutions(nn.Module):
    """Four layers over time, each twice as coarse as the one before, and the mean of what is left."""

    def __init__(self, inputs: int, width: int = 48):
        super().__init__()
        layers: list[nn.Module] = []
        for depth in range(4):
            layers += [nn.Conv1d(inputs if not depth else width, width, 5, padding=2), nn.ReLU(), nn.AvgPool1d(2)]
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(width, 1)

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        """Return one number per window, shape (n,). window: shape (n, cycles, inputs)."""
        outputs: torch.Tensor = self.head(self.layers(window.transpose(1, 2)).mean(dim=2)).squeeze(1)
        return outputs
