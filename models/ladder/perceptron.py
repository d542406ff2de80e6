"""A multilayer perceptron over the last few tokens: Bengio et al., "A Neural Probabilistic Language Model" (2003)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Perceptron(nn.Module):
    """Embeddings of the last tokens side by side, one hidden layer, the logits of the next token."""

    def __init__(self, vocabulary: int, width: int, hidden: int, known: int = 8):
        super().__init__()
        self.known = known
        self.embedding = nn.Embedding(vocabulary + 1, width)  # one more stands before the first token
        self.hidden, self.head = nn.Linear(known * width, hidden), nn.Linear(hidden, vocabulary)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, vocabulary). tokens: (batch, time)."""
        none = self.embedding.num_embeddings - 1
        rows = self.embedding(functional.pad(tokens, (self.known - 1, 0), value=none))
        side_by_side = rows.unfold(1, self.known, 1).flatten(2)
        logits: torch.Tensor = self.head(torch.tanh(self.hidden(side_by_side)))
        return logits
