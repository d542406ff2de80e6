"""A temporal convolutional network, from scratch: quantiles of the day from causal, dilated convolutions.

Source: Bai, Kolter and Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence
Modeling" (2018).

Reference: torch.nn.Conv1d with padding, 1e-5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from models.forecasting import sequences
from models.forecasting.learning import learn
from models.forecasting.measures import MIDDLE
from models.forecasting.sequences import CONTEXT
from models.forecasting.windows import DAY, LEVELS, Windows


class CausalConvolution(nn.Module):
    """A convolution over time whose output at t sees the inputs at t, t - dilation, t - 2 dilation, ..."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int):
        super().__init__()
        bound = (inputs * kernel) ** -0.5
        self.weight = nn.Parameter(torch.empty(kernel, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))
        self.dilation = dilation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return shape (n, time, outputs) for shape (n, time, inputs). Before the first input there are zeros."""
        out = self.bias + x @ self.weight[0]
        for place in range(1, len(self.weight)):
            shift = place * self.dilation
            if shift < x.shape[1]:
                out = out + nn.functional.pad(x[:, :-shift] @ self.weight[place], (0, 0, shift, 0))
        return out


class Block(nn.Module):
    """Two causal convolutions with a residual around them."""

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float):
        super().__init__()
        self.first = CausalConvolution(width, width, kernel, dilation)
        self.second = CausalConvolution(width, width, kernel, dilation)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the same shape, (n, time, width)."""
        inner = self.dropout(torch.relu(self.first(self.norm(x))))
        out: torch.Tensor = x + self.dropout(torch.relu(self.second(inner)))
        return out


class Network(nn.Module):
    """Blocks whose dilation doubles, then the quantiles as the median and steps of positive size on both sides."""

    def __init__(self, channels: int, width: int, kernel: int, depth: int, dropout: float):
        super().__init__()
        self.enter = nn.Linear(channels, width)
        self.blocks = nn.ModuleList(Block(width, kernel, 2**place, dropout) for place in range(depth))
        self.leave = nn.Linear(width, len(LEVELS))
        nn.init.zeros_(self.leave.weight)
        nn.init.constant_(self.leave.bias, -2)
        nn.init.zeros_(self.leave.bias[MIDDLE : MIDDLE + 1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the quantiles of the last 48 steps in ascending order, shape (n, 48, levels)."""
        x = self.enter(x)
        for block in self.blocks:
            x = block(x)
        outputs = self.leave(x[:, -DAY:])
        middle, steps = outputs[..., [MIDDLE]], nn.functional.softplus(outputs)
        below = middle - steps[..., :MIDDLE].flip(-1).cumsum(-1).flip(-1)
        return torch.cat([below, middle, middle + steps[..., MIDDLE + 1 :].cumsum(-1)], dim=-1)


class TemporalConvolution:
    """The network, on the difference to the last day of the same kind."""

    requirements = ("numpy", "pandas", "torch")

    def __init__(
        self, seed: int = 0, width: int = 32, kernel: int = 3, depth: int = 5, dropout: float = 0.1, epochs: int = 60
    ):
        self.seed, self.epochs = seed, epochs
        self.shape: dict[str, Any] = {"width": width, "kernel": kernel, "depth": depth, "dropout": dropout}

    def fit(self, windows: Windows) -> TemporalConvolution:
        """Learn from windows, with the day's temperature if they have it."""
        torch.manual_seed(self.seed)
        self.scale = sequences.Scale.of(windows)
        x, y = (
            self._inputs(windows),
            (sequences.demands(windows, self.scale) - sequences.bases(windows, self.scale))[:, CONTEXT:],
        )
        self.network = Network(x.shape[-1], **self.shape)
        levels = torch.tensor(LEVELS)

        def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            below = y[..., None] - self.network(x)
            return torch.maximum(levels * below, (levels - 1) * below).mean()

        learn(self.network, loss, [x, y], self.epochs, self.seed)
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles, shape (n, 48, levels)."""
        with torch.no_grad():
            quantiles = self.network(self._inputs(windows)) + sequences.bases(windows, self.scale)[:, CONTEXT:, None]
        return np.asarray(quantiles.numpy() * self.scale.deviation + self.scale.mean, dtype=float)

    def _inputs(self, windows: Windows) -> torch.Tensor:
        """Return the sequences with the demand itself, as far as it is known."""
        x = sequences.inputs(windows, self.scale)
        demand, known = sequences.demands(windows, self.scale), torch.ones(*x.shape[:2])
        demand[:, CONTEXT:], known[:, CONTEXT:] = 0, 0
        return torch.cat([x, demand[..., None], known[..., None]], dim=-1)
