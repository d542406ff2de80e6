"""A recurrent network in the style of DeepAR, from scratch: the next half-hour's mean and spread, then sampled paths.

Source: Salinas, Flunkert and Gasthaus, "DeepAR: Probabilistic Forecasting with Autoregressive Recurrent Networks"
(2017). Here with one series, a Gaussian likelihood, and the mean as a difference to the last day of the same kind.

Reference: torch.distributions.Normal for the likelihood, 1e-5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from models.forecasting import sequences
from models.forecasting.learning import learn
from models.forecasting.sequences import CONTEXT
from models.forecasting.windows import DAY, LEVELS, Windows

PATHS = 100
NOISE = 0.1  # added to the demand before, in learning: sampled paths are not as true as the past is


def likelihood(y: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Return the negative logarithm of the Gaussian density, of the same shape."""
    return 0.5 * ((y - mean) / deviation) ** 2 + deviation.log() + 0.5 * math.log(2 * math.pi)


class Network(nn.Module):
    """A recurrent network over the difference before each half-hour and what else is known of it."""

    def __init__(self, channels: int, width: int, layers: int, dropout: float):
        super().__init__()
        self.memory = nn.LSTM(channels + 1, width, layers, batch_first=True, dropout=dropout)
        self.leave = nn.Linear(width, 2)

    def forward(
        self, before: torch.Tensor, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Return mean and deviation at each step, shape (n, time), and the state after the last one.

        before: the difference of the step before, shape (n, time). x: what is known of the step, (n, time, channels).
        """
        hidden, state = self.memory(torch.cat([before[..., None], x], dim=-1), state)
        mean, spread = self.leave(hidden).unbind(-1)
        return mean, nn.functional.softplus(spread - 1) + 1e-3, state


class Autoregressive:
    """The network, which is asked for one half-hour after the other."""

    requirements = ("numpy", "pandas", "torch")

    def __init__(
        self,
        seed: int = 0,
        width: int = 48,
        layers: int = 2,
        dropout: float = 0.1,
        epochs: int = 160,
        noise: float = NOISE,
    ):
        self.seed, self.epochs, self.noise = seed, epochs, noise
        self.shape: dict[str, Any] = {"width": width, "layers": layers, "dropout": dropout}

    def fit(self, windows: Windows) -> Autoregressive:
        """Learn to say each half-hour from the true one before it. With the day's temperature if windows have it."""
        torch.manual_seed(self.seed)
        self.scale = sequences.Scale.of(windows)
        x, y = sequences.inputs(windows, self.scale), self._differences(windows)
        self.network = Network(x.shape[-1], **self.shape)

        def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            before = y[:, :-1] + self.noise * torch.randn_like(y[:, :-1])
            mean, deviation, _ = self.network(before, x[:, 1:])
            return likelihood(y[:, 1:], mean, deviation)[:, CONTEXT - 1 :].mean()

        learn(self.network, loss, [x, y], self.epochs, self.seed)
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles of sampled days, shape (n, 48, levels). The same windows give the same samples."""
        x, y = sequences.inputs(windows, self.scale), self._differences(windows)
        noise = torch.randn(PATHS, DAY, generator=torch.Generator().manual_seed(self.seed)).repeat(len(windows), 1)
        with torch.no_grad():
            _, _, state = self.network(y[:, : CONTEXT - 1], x[:, 1:CONTEXT])
            state = tuple(part.repeat_interleave(PATHS, dim=1).contiguous() for part in state)
            x, last = (part.repeat_interleave(PATHS, dim=0) for part in (x[:, CONTEXT:], y[:, [CONTEXT - 1]]))
            path = []
            for step in range(DAY):
                mean, deviation, state = self.network(last, x[:, [step]], state)
                last = mean + deviation * noise[:, [step]]
                path.append(last)
        paths = torch.cat(path, dim=1).view(len(windows), PATHS, DAY).numpy()
        quantiles = np.quantile(paths, LEVELS, axis=1).transpose(1, 2, 0)
        quantiles = quantiles + sequences.bases(windows, self.scale)[:, CONTEXT:, None].numpy()
        return np.asarray(quantiles * self.scale.deviation + self.scale.mean, dtype=float)

    def _differences(self, windows: Windows) -> torch.Tensor:
        return sequences.demands(windows, self.scale) - sequences.bases(windows, self.scale)
