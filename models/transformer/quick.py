"""A decoder for serving on a CPU: the same network, its products in the types that this machine multiplies fastest.

For one text a step reads all weights once, so small weights win; for many it multiplies, so fast products win. Which
is which differs between machines: it is measured when the decoder is made. The rest of a step is a few kernels.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import nn

from kernels.decoding import attended, normalized
from models.transformer import positions
from models.transformer.adapters import Adapted
from models.transformer.decoder import Decoder, gated
from models.transformer.paged_cache import PagedCache
from models.transformer.pages import Pages
from models.transformer.products import Way, available
from models.transformer.smoothing import smoothed

SIZES = (1, 4, 32)  # of batches that are measured, in tokens
STEPS = 5  # of each size; the fastest counts


class InOneWay:
    """A decoder whose layers are all in one way; its head may have another."""

    def __init__(self, decoder: Decoder, way: Way, of_head: Way):
        self.shape, self.embedding, self.norm = decoder.shape, decoder.embedding, decoder.norm.weight.detach()
        self.head = of_head(decoder.head.weight)
        blocks: list[Any] = [*decoder.blocks]
        self.norms = [[norm.weight.detach() for norm in block.norms] for block in blocks]
        parts = [
            (block.attention.qkv, block.attention.out, block.feed_forward.gate_up, block.feed_forward.down)
            for block in blocks
        ]
        self.layers = [[_in_way(layer, way) for layer in layers] for layers in parts]

    @torch.inference_mode()
    def states(self, tokens: torch.Tensor, places: torch.Tensor, cache: PagedCache) -> torch.Tensor:
        """Return what the head reads of each token, (batch, time, width). tokens, places: (batch, time)."""
        shape, each = self.shape, tokens.shape[1]
        turn = positions.angles(places, shape.size, shape.rope_base)
        turn = turn[0].flatten(0, 2), turn[1].flatten(0, 2)
        slots, places, pages = cache.known.repeat_interleave(each, 0), places.flatten(), cache.pages
        x: torch.Tensor = self.embedding(tokens)
        for norms, layers, keys, values in zip(self.norms, self.layers, pages.keys, pages.values, strict=True):
            (first, second), (qkv, out, gate_up, down) = norms, layers
            asked = qkv(normalized(x, first, shape.epsilon)).flatten(0, 1)
            gathered = attended(asked, turn, places, slots, keys, values)
            x = x + out(gathered.unflatten(0, tokens.shape))
            x = x + down(gated(gate_up(normalized(x, second, shape.epsilon))))
        return normalized(x, self.norm, shape.epsilon)


class QuickDecoder:
    """A decoder as `Streams` takes it, which takes for each batch the way that was fastest for its size.

    ways: of each of `SIZES`. A batch takes the way of the smallest size that holds its tokens, else of the largest.
    """

    grams = None  # n-grams before a token: it has none

    def __init__(
        self, decoder: Decoder, tokens: torch.Tensor | None = None, chosen: Mapping[int, str] | None = None,
        among: Collection[str] = (),
    ):  # fmt: skip
        """Make a copy of a decoder, with RoPE and without a window, n-grams or experts. Raises ValueError for others.

        tokens: a usual text, (batch, time), by which columns are made even for whole numbers; without one they stay as
        they are. chosen: the ways, by size; they are measured without it. among: the names of those that may be chosen,
        () for all; "32 bits" is one.
        """
        self.shape = shape = decoder.shape
        if shape.positions != "rope" or shape.window or shape.grams or shape.experts:
            raise ValueError("It has RoPE, no window, no n-grams and no experts. Serve the decoder as it is.")
        self.decoder, self.tokens = decoder, tokens
        self.chosen = dict(chosen or self._fastest([*(among or available())]))
        networks = {name: self._made(name) for name in dict.fromkeys(self.chosen.values())}
        self.ways = {size: networks[name] for size, name in self.chosen.items()}

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the logits of each next token, (batch, time, vocabulary). tokens: whole texts, (batch, time)."""
        each = -(-tokens.shape[1] // 16)
        tables = torch.arange(len(tokens) * each).view(len(tokens), each).tolist()
        places = torch.arange(tokens.shape[1]).expand(tokens.shape)
        cache = PagedCache(Pages(self.shape, len(tokens) * each), tables, places)
        return self.head(self.states(tokens, places, cache))

    def states(
        self, tokens: torch.Tensor, places: torch.Tensor, cache: PagedCache, before: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return what the head reads of each token, (batch, time, width). before: None, as there are no n-grams."""
        if cache.watched:
            raise ValueError("It does not keep what tokens attend to. Serve the decoder as it is.")
        return self._way(tokens.numel()).states(tokens, places, cache)

    def head(self, states: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next tokens, (..., vocabulary). states: (..., width)."""
        logits: torch.Tensor = self._way(states[..., 0].numel()).head(states)
        return logits

    def _way(self, tokens: int) -> InOneWay:
        return self.ways[next((size for size in self.ways if size >= tokens), max(self.ways))]

    def _made(self, name: str) -> InOneWay:
        known = available()
        decoder = self.decoder
        if name == "integers" and self.tokens is not None:
            decoder = smoothed(decoder, self.tokens)
        head = "8 bits" if name == "4 bits" and "8 bits" in known else name  # files of four bits have heads of eight
        return InOneWay(decoder, known[name], known[head])

    def _fastest(self, names: Collection[str]) -> dict[int, str]:
        """Return the way for each size that takes the shortest time for a step."""
        times: dict[str, list[float]] = {}
        for name in (name for name in available() if name in names):
            network = self._made(name)
            times[name] = [min(_seconds(network, size) for _ in range(STEPS)) for size in SIZES]
        return {size: min(times, key=lambda name: times[name][place]) for place, size in enumerate(SIZES)}


def _seconds(network: InOneWay, size: int) -> float:
    """Return how long a step of so many streams takes."""
    pages = Pages(network.shape, size)
    places = torch.zeros(size, 1, dtype=torch.long)
    cache = PagedCache(pages, [[page] for page in range(size)], places)
    began = time.perf_counter()
    network.head(network.states(places, places, cache))
    return time.perf_counter() - began


def _in_way(layer: Any, way: Way) -> nn.Module:
    """Return a linear layer in a way. Its adapters stay as they are."""
    if not isinstance(layer, Adapted):
        return way(layer.weight)
    adapted = copy.copy(layer)
    adapted._modules = {"linear": way(layer.linear.weight)}
    return adapted
