"""A recurrent network that reads the window cycle by cycle: Zheng et al. (2017), "Long short-term memory network"."""

import torch
from torch import nn


class Lstm(nn.Module):
    """One layer of long short-term memory, and a line from its last state."""

    def __init__(self, inputs: int, width: int = 48):
        super().__init__()
        self.memory, self.head = nn.LSTM(inputs, width, batch_first=True), nn.Linear(width, 1)

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        """Return one number per window, shape (n,). window: shape (n, cycles, inputs)."""
        states, _ = self.memory(window)
        outputs: torch.Tensor = self.head(states[:, -1]).squeeze(1)
        return outputs
