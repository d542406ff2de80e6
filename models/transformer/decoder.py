"""A decoder-only transformer, as Llama has it: tokens in, the logits of each next token out.

RMSNorm before each part (Zhang and Sennrich, 2019), rotated queries and keys (Su et al., 2021), gated feed-forward
layers (Shazeer, "GLU Variants Improve Transformer", 2020), and embeddings that are the output layer as well.

Reference: transformers.LlamaForCausalLM with the same weights, logits within 1e-4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional

from models.learning import attention
from models.transformer import positions
from models.transformer.experts import Experts
from models.transformer.grams import Grams

BEGIN = 0.02  # the standard deviation that weights begin with: GPT-2


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder.

    kv_heads: heads of keys and values, which groups of heads share; None for as many. hidden: the width inside of a
    feed-forward layer; None for 8/3 of the width, a multiple of 8. context: the tokens that it learns from at a time.
    window: the tokens that a layer sees; None for all. experts: feed-forward layers side by side, of which each token
    uses `experts_used`; 0 for one without a choice. grams: the lengths of n-grams that are looked up, in `buckets`.
    """

    vocabulary: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int | None = None
    hidden: int | None = None
    context: int = 256
    positions: Literal["rope", "learned", "sinusoids", "alibi", "none"] = "rope"
    rope_base: float = 10_000.0
    epsilon: float = 1e-5
    window: int | None = None
    experts: int = 0
    experts_used: int = 2
    grams: tuple[int, ...] = ()
    buckets: int = 2**14
    grams_dropout: float = 0.0
    dropout: float = 0.0
    tied: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for sizes that do not fit together."""
        if self.width % self.heads or (self.positions == "rope" and self.size % 2):
            raise ValueError(f"A width of {self.width} is not an even number for each of {self.heads} heads.")
        if self.heads % self.groups:
            raise ValueError(f"{self.groups} heads of keys cannot serve {self.heads} heads evenly.")
        if self.experts and not 1 <= self.experts_used <= self.experts:
            raise ValueError(f"A token cannot use {self.experts_used} of {self.experts} experts.")

    @property
    def size(self) -> int:
        """Return the width of a head."""
        return self.width // self.heads

    @property
    def groups(self) -> int:
        """Return the number of heads of keys and values."""
        return self.kv_heads or self.heads

    @property
    def inner(self) -> int:
        """Return the width inside of a feed-forward layer."""
        return self.hidden or 8 * math.ceil(self.width / 3)


class Attention(nn.Module):
    """Each token gathers from those before it."""

    def __init__(self, shape: Shape, layer: int, attend: attention.Attend):
        super().__init__()
        self.shape, self.layer, self.attend = shape, layer, attend
        self.rotate = positions.both_rotated
        self.qkv = nn.Linear(shape.width, (shape.heads + 2 * shape.groups) * shape.size, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: torch.Tensor, place: Place) -> torch.Tensor:
        shape = self.shape
        parts = self.qkv(x).unflatten(-1, (-1, shape.size)).transpose(1, 2)
        q, k, v = parts.split([shape.heads, shape.groups, shape.groups], dim=1)
        if place.turn:
            q, k = self.rotate(q, k, place.turn)
        seen = place.cache.attend(self.layer, q, k, v, place.rule) if place.cache else self.attend(q, k, v, place.mask)
        output: torch.Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return output


class FeedForward(nn.Module):
    """Each token is changed by itself: SwiGLU."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_up = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)
        self.gate = gated

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.down(self.gate(self.gate_up(x)))
        return output


def gated(gate_up: torch.Tensor) -> torch.Tensor:
    """Return silu(gate) * up, (..., width), of both in one tensor, (..., 2 * width)."""
    gate, up = gate_up.chunk(2, dim=-1)
    return functional.silu(gate) * up


class Block(nn.Module):
    """Attention, then a feed-forward layer; each adds to what comes in."""

    def __init__(self, shape: Shape, layer: int, attend: attention.Attend):
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(shape.width, shape.epsilon) for _ in range(2))
        self.attention = Attention(shape, layer, attend)
        self.feed_forward = (
            Experts(shape.width, shape.inner, shape.experts, shape.experts_used)
            if shape.experts
            else FeedForward(shape)
        )
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: torch.Tensor, place: Place) -> torch.Tensor:
        x = x + self.dropout(self.attention(self.norms[0](x), place))
        output: torch.Tensor = x + self.dropout(self.feed_forward(self.norms[1](x)))
        return output


@dataclass
class Place:
    """What all layers know of where the tokens are."""

    turn: tuple[torch.Tensor, torch.Tensor] | None
    rule: attention.Mask
    mask: torch.Tensor | None
    cache: attention.Cache | None


class Decoder(nn.Module):
    """Layers of attention over the embeddings of tokens."""

    def __init__(self, shape: Shape, attend: attention.Attend = attention.sdpa):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.context, shape.width) if shape.positions == "learned" else None
        self.grams = Grams(shape.grams, shape.buckets, shape.width, shape.grams_dropout) if shape.grams else None
        self.blocks = nn.ModuleList(Block(shape, layer, attend) for layer in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, shape.epsilon)
        self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)
        if shape.tied:
            self.head.weight = self.embedding.weight
        self.apply(_begin)
        for name, weights in self.named_parameters():  # the sum of all layers begins as wide as that of a few: GPT-2
            if name.endswith(("attention.out.weight", "feed_forward.down.weight", "feed_forward.down")):
                nn.init.normal_(weights, std=BEGIN / math.sqrt(2 * shape.layers))

    def forward(
        self,
        tokens: torch.Tensor,
        places: torch.Tensor | None = None,
        cache: attention.Cache | None = None,
        before: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the logits of each next token, (batch, time, vocabulary). The arguments are those of `states`."""
        logits: torch.Tensor = self.head(self.states(tokens, places, cache, before))
        return logits

    def states(
        self,
        tokens: torch.Tensor,
        places: torch.Tensor | None = None,
        cache: attention.Cache | None = None,
        before: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return what the head reads of each token, (batch, time, width).

        tokens: (batch, time). places: of the tokens, (batch, time); None from 0. cache: where the past is, for places
        that do not begin at 0. before: the tokens right before them, for n-grams: see `models.transformer.grams`.
        """
        if places is None:
            places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        x = self.embedding(tokens)
        if self.places:
            x = x + self.places(places)
        elif self.shape.positions == "sinusoids":
            x = x + BEGIN * positions.waves(places, self.shape.width)  # Vaswani makes the embeddings larger instead
        if self.grams:
            x = x + self.grams(tokens, before)
        place = self.placed(places, cache)
        for block in self.blocks:
            x = block(x, place)
        states: torch.Tensor = self.norm(x)
        return states

    def placed(self, places: torch.Tensor, cache: attention.Cache | None) -> Place:
        """Return what the layers know of the places of some tokens."""
        shape = self.shape
        slopes = positions.slopes(shape.heads).to(places.device) if shape.positions == "alibi" else None

        def rule(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
            return attention.visible(queries, keys, shape.window, slopes)

        turn = positions.angles(places, shape.size, shape.rope_base) if shape.positions == "rope" else None
        usual = cache or (shape.window is None and slopes is None)
        return Place(turn, rule, None if usual else rule(places, places), cache)


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=BEGIN)


def opened(shape: Shape, weights: Mapping[str, Any]) -> Decoder:
    """Return a decoder with some weights, ready to answer."""
    decoder = Decoder(shape)
    decoder.load_state_dict(weights)
    return decoder.eval()
