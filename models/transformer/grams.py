"""What the last few tokens are, looked up by a hash: embeddings of n-grams.

A network learns from them at once what it would have to compute: which token follows the same few tokens. Source:
Pagnoni et al., "Byte Latent Transformer" (2024), section 3.2.1.
"""

from __future__ import annotations

import torch
from torch import nn

PRIME = 1_000_003
NONE = -1  # stands before the first token


class Grams(nn.Module):
    """The sum of the embeddings of the n-grams that end in each token. Two n-grams may share a bucket."""

    def __init__(self, lengths: tuple[int, ...], buckets: int, width: int, dropout: float = 0.0):
        super().__init__()
        self.lengths, self.buckets, self.dropout = lengths, buckets, dropout
        self.rows = nn.ModuleList(nn.Embedding(buckets, width) for _ in lengths)

    @property
    def before(self) -> int:
        """Return how many tokens before the first one it has to know."""
        return max(self.lengths, default=1) - 1

    def forward(self, tokens: torch.Tensor, before: torch.Tensor | None = None) -> torch.Tensor:
        """Return (batch, time, width). before: (batch, `self.before`), the tokens before the first; None for none."""
        if before is None:
            before = tokens.new_full((len(tokens), self.before), NONE)
        whole, time = torch.cat([before, tokens], dim=1), tokens.shape[1]
        hashed, vectors = torch.zeros_like(tokens), []
        for back in range(self.before + 1):
            start = self.before - back
            hashed = hashed * PRIME + whole[:, start : start + time] + 2
            if back + 1 in self.lengths:
                row = self.rows[self.lengths.index(back + 1)](hashed % self.buckets)
                vectors.append(self.dropped(row))
        return torch.stack(vectors).sum(dim=0)

    def dropped(self, row: torch.Tensor) -> torch.Tensor:
        """Return the rows of one length, some left out while the network learns: what is rare is learned by heart."""
        if not self.training or not self.dropout:
            return row
        kept = torch.rand(row.shape[:2], device=row.device) >= self.dropout
        return row * kept[..., None] / (1 - self.dropout)
