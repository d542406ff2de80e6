"""Rows that a worker need not hold: those that Ray Data streams to it, again for each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ray.data
    import torch

SHUFFLED = 64  # batches whose rows are mixed


class Stream:
    """The part of one worker. Every worker gets as many rows, so a few at the end may be left out."""

    def __init__(self, shard: ray.data.DataIterator):
        self._shard = shard

    def batches(self, epoch: int, size: int, seed: int = 0) -> Iterator[dict[str, torch.Tensor]]:
        """Yield the batches of an epoch by column, mixed within a stretch of the stream; the last one may be smaller.

        Rows that are sorted, by time or by class, are better mixed in their files.
        """
        mixed = self._shard.iter_torch_batches(
            batch_size=size, local_shuffle_buffer_size=SHUFFLED * size, local_shuffle_seed=1_000 * seed + epoch
        )
        yield from mixed
