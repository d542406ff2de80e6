"""What a byte costs, in nats, after all that comes before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

BLOCK = 1_000  # bytes of a text that are a sampled unit
BATCH = 64  # windows at a time
START = ord("\n")  # stands before the first byte


def losses(decoder: Callable[[torch.Tensor], torch.Tensor], text: np.ndarray, context: int) -> np.ndarray:
    """Return what each byte of a text costs a decoder, in nats, shape (n,): see `losses_and_hits`."""
    return losses_and_hits(decoder, text, context)[0]


@torch.inference_mode()
def losses_and_hits(
    decoder: Callable[[torch.Tensor], torch.Tensor],
    text: np.ndarray,
    context: int,
    start: int = START,
    batch: int = BATCH,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each token of a text costs a decoder, in nats, and whether it was the likeliest, shape (n,) each.

    Windows of the context overlap by half: every token but the first ones has at least half a context before it.
    start: the token before the first. batch: windows at a time.
    """
    whole = torch.from_numpy(np.concatenate([[start], text]).astype(np.int64))
    size = min(context, len(text))
    starts = [*range(0, len(text) - size, max(1, size // 2)), len(text) - size]
    costs, hits = np.empty(len(text)), np.empty(len(text))
    for first in range(0, len(starts), batch):
        some = torch.tensor(starts[first : first + batch])
        windows = whole[some[:, None] + torch.arange(size + 1)]
        logits, wanted = decoder(windows[:, :-1]).transpose(1, 2), windows[:, 1:]
        found = functional.cross_entropy(logits, wanted, reduction="none").numpy()
        right = (logits.argmax(dim=1) == wanted).numpy()
        for begin, costs_of, hits_of in zip(some.tolist(), found, right, strict=True):
            seen = 0 if begin == 0 else size - max(1, size // 2)
            costs[begin + seen : begin + size], hits[begin + seen : begin + size] = costs_of[seen:], hits_of[seen:]
    return costs, hits


def by_block(costs: np.ndarray) -> np.ndarray:
    """Return the mean of each block of a text, weighted so that their mean is that of all bytes. Shape (blocks,)."""
    blocks = np.arange(len(costs)) // BLOCK
    return np.asarray(np.bincount(blocks, costs) * (blocks[-1] + 1) / len(costs))
