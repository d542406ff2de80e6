"""The keys and values of the past, one after the other in memory: a cache as `models.transformer.decoder` takes it.

For one batch of sequences of the same length. Streams that come and go have `models.transformer.paged_cache`.
"""

from __future__ import annotations

import torch

from models.learning.attention import Mask, sdpa
from models.transformer.decoder import Decoder


class KVCache:
    """The past of a batch, from place 0 on. Give the decoder the places of new tokens: `cache.places(count)`."""

    def __init__(self, decoder: Decoder, batch: int, length: int):
        """length: the most tokens of a sequence. The memory is taken at once."""
        shape = decoder.shape
        sizes = (shape.layers, batch, shape.groups, length, shape.size)
        self.keys, self.values = (decoder.embedding.weight.new_zeros(sizes) for _ in range(2))
        self.length = 0  # tokens whose keys and values are known in all layers
        self.mask: torch.Tensor | None = None  # the same for all layers

    def places(self, count: int) -> torch.Tensor:
        """Return the places of the next tokens, shape (1, count).

        Raises ValueError when they do not fit any more.
        """
        end, most = self.length + count, self.keys.shape[3]
        if end > most:
            raise ValueError(f"{end} tokens do not fit into a cache of {most}. Make it longer.")
        return torch.arange(self.length, end, device=self.keys.device)[None]

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Keep the new keys and values of a layer; return the attention to all of the past."""
        new = self.places(k.shape[2])
        end = self.length + k.shape[2]
        if layer == 0:
            self.mask = mask(new, torch.arange(end, device=new.device)[None])
        self.keys[layer, :, :, self.length : end], self.values[layer, :, :, self.length : end] = k, v
        seen = sdpa(q, self.keys[layer, :, :, :end], self.values[layer, :, :, :end], self.mask)
        if layer == len(self.keys) - 1:
            self.length = end
        return seen
