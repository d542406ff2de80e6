"""Attention to keys and values that lie in pages: a cache as `decoder` takes it, for one batch of streams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch

from models.learning.attention import Mask, sdpa, shares
from models.transformer.pages import Pages


class PagedCache:
    """The pages of some streams, which each get the same number of new tokens. table: of each stream, (streams, pages).

    attended: what each of the last `watched` new tokens takes of each token, for each layer, the mean of its heads,
    (streams, watched, tokens).
    """

    def __init__(self, pages: Pages, tables: Sequence[Sequence[int]], places: torch.Tensor, watched: int = 0):
        """tables: the pages of each stream. places: of its new tokens, shape (streams, new tokens)."""
        self.pages, self.places, self.watched = pages, places, watched
        self.attended: list[torch.Tensor] = []
        used = int(places.max()) // pages.size + 1
        self.table = torch.tensor([[*held[:used], *[0] * (used - len(held))] for held in tables])
        self.mask: torch.Tensor | None = None  # the same for all layers

    @cached_property
    def known(self) -> torch.Tensor:
        """Where each token lies, (streams, tokens)."""
        return (self.table[:, :, None] * self.pages.size + torch.arange(self.pages.size)).flatten(1)

    @cached_property
    def new(self) -> torch.Tensor:
        """Where the new ones lie, (streams, new tokens)."""
        return self.known.gather(1, self.places)

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Keep the new keys and values of a layer; return the attention to all of the past."""
        if self.mask is None:  # slots after the past are masked as the future is
            self.mask = mask(self.places, torch.arange(self.known.shape[1])[None])
        for memory, new in ((self.pages.keys[layer], k), (self.pages.values[layer], v)):
            memory[self.new] = new.transpose(1, 2)
        keys, values = (memory[layer][self.known].transpose(1, 2) for memory in (self.pages.keys, self.pages.values))
        if self.watched:
            last = q[:, :, -self.watched :], keys, self.mask[..., -self.watched :, :]
            self.attended.append(shares(*last).mean(1))
        return sdpa(q, keys, values, self.mask)
