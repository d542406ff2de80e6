"""An encoder that reads one text, and a decoder that writes another: Vaswani et al., "Attention Is All You Need".

As there (2017), but for LayerNorm before each part, GELU and no biases: torch's `nn.Transformer` with these options.

Reference: torch.nn.Transformer, logits within 1e-5.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from models.learning import attention
from models.transformer import positions

NONE, START, END = 0, 1, 2  # tokens: no text, before the first and after the last one


class Attention(nn.Module):
    """Each token of `x` gathers from the tokens of `seen`."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q, self.kv = nn.Linear(width, width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor, seen: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q(x), *self.kv(seen).chunk(2, -1))
        )
        output: torch.Tensor = self.out(attention.sdpa(q, k, v, mask).transpose(1, 2).flatten(2))
        return output


class Block(nn.Module):
    """Attention to the own text, with `cross` to the other one as well, and a feed-forward layer."""

    def __init__(self, width: int, heads: int, cross: bool):
        super().__init__()
        self.own = Attention(width, heads)
        self.cross = Attention(width, heads) if cross else None
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)
        self.norms = nn.ModuleList(nn.LayerNorm(width, bias=False) for _ in range(3 if cross else 2))

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None,
        read: torch.Tensor | None = None,
        read_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return (batch, time, width). mask: of the own text, None for the causal one. read: the other text."""
        normed = self.norms[0](x)
        x = x + self.own(normed, normed, mask)
        if self.cross is not None:
            x = x + self.cross(self.norms[1](x), read, read_mask)
        output: torch.Tensor = x + self.down(functional.gelu(self.up(self.norms[-1](x))))
        return output


class EncoderDecoder(nn.Module):
    """Reads a text whole, and writes another. Without `cross` the decoder does not see what was read."""

    def __init__(self, vocabulary: int, width: int = 64, layers: int = 2, heads: int = 4, cross: bool = True):
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.encoder = nn.ModuleList(Block(width, heads, cross=False) for _ in range(layers))
        self.decoder = nn.ModuleList(Block(width, heads, cross) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width, bias=False) for _ in range(2))

    def forward(self, source: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the logits of each next token, (batch, time, vocabulary).

        source: (batch, length), filled up with NONE. tokens: (batch, time), what is written so far, from START.
        """
        mask = read_mask(source)
        return self.written(tokens, self.read(source, mask), mask)

    def read(self, source: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return what the encoder makes of a text, (batch, length, width)."""
        x = self.embedded(source)
        for block in self.encoder:
            x = block(x, mask)
        output: torch.Tensor = self.norms[0](x)
        return output

    def written(self, tokens: torch.Tensor, read: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the logits of the decoder: see `forward`."""
        x = self.embedded(tokens)
        for block in self.decoder:
            x = block(x, None, read, mask)
        logits: torch.Tensor = self.norms[1](x) @ self.embedding.weight.T
        return logits

    def embedded(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the embeddings of tokens and of their places: section 3.4 and 3.5."""
        places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        embeddings: torch.Tensor = math.sqrt(self.width) * self.embedding(tokens) + positions.waves(places, self.width)
        return embeddings

    @torch.inference_mode()
    def answer(self, source: torch.Tensor, longest: int) -> torch.Tensor:
        """Return the likeliest tokens, one after the other, (batch, at most `longest`): NONE after END."""
        mask = read_mask(source)
        read, tokens = self.read(source, mask), source.new_full((len(source), 1), START)
        over = torch.zeros(len(source), dtype=torch.bool)
        while tokens.shape[1] <= longest and not over.all():
            following = self.written(tokens, read, mask)[:, -1].argmax(-1).masked_fill(over, NONE)
            tokens = torch.cat([tokens, following[:, None]], dim=1)
            over |= following == END
        return tokens[:, 1:]


def read_mask(source: torch.Tensor) -> torch.Tensor:
    """Return the mask that hides what a source is filled up with, (batch, 1, 1, length)."""
    return torch.zeros(source.shape).masked_fill(source == NONE, -torch.inf)[:, None, None]


def loss(network: nn.Module, pairs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Return the mean loss of each token to write, in nats. pairs: sources, and targets from START to END."""
    source, target = pairs
    logits = network(source, target[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=NONE)
