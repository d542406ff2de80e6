"""Recurrent cells from their equations, and a language model of any of them.

`Simple`: Elman, "Finding Structure in Time" (1990). `Lstm`: Hochreiter and Schmidhuber (1997), with the forget gate of
Gers et al. (2000). `Gru`: Cho et al. (2014). The order of the gates is torch's, so that weights can be exchanged.
Reference: torch.nn.RNN, LSTM and GRU, 1e-5.
"""

from __future__ import annotations

import torch
from torch import nn


class Cell(nn.Module):
    """What one step does: `gates` times the width of sums of input and state, and `forward` of them."""

    gates = 1

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.width = width
        self.of_input, self.of_state = (nn.Linear(size, self.gates * width) for size in (inputs, width))

    def begin(self, batch: int) -> torch.Tensor:
        """Return the state before the first step."""
        return self.of_input.weight.new_zeros(batch, self.width)

    def output(self, state: torch.Tensor) -> torch.Tensor:
        """Return what the layer above sees of a state."""
        return state


class Simple(Cell):
    """The state is a squashed sum of input and state."""

    def forward(self, inputs: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        return torch.tanh(inputs + self.of_state(state))


class Lstm(Cell):
    """A memory next to the state, which gates fill, empty and show. Both stand one after the other in the state."""

    gates = 4

    def begin(self, batch: int) -> torch.Tensor:
        return self.of_input.weight.new_zeros(batch, 2 * self.width)

    def forward(self, inputs: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        shown, memory = state.chunk(2, dim=-1)
        fill, keep, new, show = (inputs + self.of_state(shown)).chunk(4, dim=-1)
        memory = torch.sigmoid(keep) * memory + torch.sigmoid(fill) * torch.tanh(new)
        return torch.cat([torch.sigmoid(show) * torch.tanh(memory), memory], dim=-1)

    def output(self, state: torch.Tensor) -> torch.Tensor:
        return state[..., : self.width]


class Gru(Cell):
    """The state moves towards a new one, as far as a gate says."""

    gates = 3

    def forward(self, inputs: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        reset, keep, new = inputs.chunk(3, dim=-1)
        own_reset, own_keep, own_new = self.of_state(state).chunk(3, dim=-1)
        new = torch.tanh(new + torch.sigmoid(reset + own_reset) * own_new)
        share = torch.sigmoid(keep + own_keep)
        return share * state + (1 - share) * new


class Recurrent(nn.Module):
    """A language model of one cell: each token, the state of all before it, the logits of the next one."""

    def __init__(self, cell: type[Cell], vocabulary: int, width: int):
        super().__init__()
        self.embedding, self.cell = nn.Embedding(vocabulary, width), cell(width, width)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, vocabulary). tokens: (batch, time)."""
        inputs = self.cell.of_input(self.embedding(tokens))
        state, shown = self.cell.begin(len(tokens)), []
        for step in range(tokens.shape[1]):
            state = self.cell(inputs[:, step], state)
            shown.append(self.cell.output(state))
        logits: torch.Tensor = self.head(torch.stack(shown, dim=1))
        return logits
