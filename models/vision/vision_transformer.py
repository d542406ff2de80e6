"""A small vision transformer from scratch, after Dosovitskiy et al. (2020): https://arxiv.org/abs/2010.11929.

An image is cut into patches, each patch is a token, and attention lets each token look at all others.

Reference: torch.nn.TransformerEncoderLayer and scaled_dot_product_attention, 1e-4.
"""

import math

import torch
from torch import nn

CLASSES, SIZE, PATCH = 10, 28, 4


class Attention(nn.Module):
    """Multi-head self-attention: softmax(Q K^T / sqrt(d)) V for each head, side by side."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens, shape (n, t, width), each a mean of all, weighted by how well their keys fit its query."""
        count, length, width = tokens.shape
        parts = self.project(tokens).view(count, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (n, heads, t, d) each
        fit = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        mixed = (fit.softmax(dim=-1) @ value).transpose(1, 2).reshape(count, length, width)
        joined: torch.Tensor = self.join(mixed)
        return joined


class Block(nn.Module):
    """Attention, then two dense layers; each is normalized before and added to what came in."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.before_attention, self.before_dense = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.dense = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens of the same shape."""
        tokens = tokens + self.attention(self.before_attention(tokens))
        changed: torch.Tensor = tokens + self.dense(self.before_dense(tokens))
        return changed


class VisionTransformer(nn.Module):
    """Images, shape (n, 1, 28, 28), to the logits of the ten digits, shape (n, 10)."""

    def __init__(self, width: int = 64, depth: int = 4, heads: int = 4):
        super().__init__()
        tokens = (SIZE // PATCH) ** 2
        self.patches = nn.Conv2d(1, width, PATCH, stride=PATCH)  # a dense layer over each patch
        self.answer = nn.Parameter(torch.zeros(1, 1, width))  # the token that collects what the head reads
        self.places = nn.Parameter(torch.randn(1, tokens + 1, width) * 0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CLASSES))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.answer.expand(tokens.shape[0], -1, -1), tokens], dim=1) + self.places
        logits: torch.Tensor = self.head(self.blocks(tokens)[:, 0])
        return logits
