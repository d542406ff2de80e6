"""A network with several quantiles that cannot cross: the lowest one, and steps above it that are positive.

Source: Koenker and Bassett, "Regression Quantiles" (1978) (the pinball loss); the steps as in Gasthaus et al.,
"Probabilistic Forecasting with Spline Quantile Function RNNs" (2019). It needs torch, and is only compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Network:
    """Two hidden layers, and a step for each quantile."""

    def __init__(self, levels: list[float], width: int = 64, rounds: int = 300, seed: int = 0):
        """rounds: passes over all rows, which make one batch."""
        self.levels, self.width, self.rounds, self.seed = levels, width, rounds, seed

    def fit(self, matrix: np.ndarray, target: np.ndarray) -> Network:
        """Return the network. matrix: standardized, shape (n, k). target: shape (n,)."""
        import torch

        torch.manual_seed(self.seed)
        self.mean, self.scale = target.mean(), target.std()
        network: Any = torch.nn.Sequential(
            torch.nn.Linear(matrix.shape[1], self.width),
            torch.nn.SiLU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(self.width, self.width),
            torch.nn.SiLU(),
            torch.nn.Linear(self.width, len(self.levels)),
        )
        self.layers, levels = network, torch.tensor(self.levels)
        inputs = torch.tensor(matrix, dtype=torch.float32)
        truth = torch.tensor((target - self.mean) / self.scale, dtype=torch.float32)[:, None]
        optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=self.rounds)
        for _ in range(self.rounds):
            below = truth - self._quantiles(inputs)
            loss = torch.maximum(levels * below, (levels - 1) * below).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        return self

    def _quantiles(self, inputs: Any) -> Any:
        import torch

        out = self.layers(inputs)
        return torch.cumsum(torch.cat([out[:, :1], torch.nn.functional.softplus(out[:, 1:])], dim=1), dim=1)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return the quantiles, shape (m, levels), each above the one before."""
        import torch

        with torch.no_grad():
            quantiles = self._quantiles(torch.tensor(matrix, dtype=torch.float32)).numpy().astype(float)
        return np.asarray(quantiles * self.scale + self.mean)
