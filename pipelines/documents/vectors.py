"""A vector for each token of a sentence, by the first layers of all-MiniLM-L6-v2: what a word means beside the others.

The last layers were trained to say what a whole sentence means; the ones before keep more of the words. MiniLM reads
small letters alone: case is among what is seen at a token (`entities`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from models import minilm
from models.sentence_encoder import SentenceEncoder, batches

LAYERS = 4
TOKENS = 256  # of a sentence that are read


def of(sentences: Sequence[Sequence[str]], weights: Mapping[str, Path], layers: int = LAYERS) -> np.ndarray:
    """Return the mean vector of the pieces of each token, (tokens, 384), sentence after sentence.

    A token behind the last that is read has zeros.
    """
    shared = minilm.shared(weights)
    texts = [" ".join(one) for one in sentences]
    starts = np.cumsum([0, *map(len, sentences)])
    made = np.zeros((starts[-1], shared.encoder.shape.width), np.float32)
    for at, batch in batches(shared.tokens.encode_all(texts, TOKENS), shared.tokens.pad):
        read = layered(shared, batch, layers)
        for row, place in enumerate(at.tolist()):
            spans = shared.tokens.spans(texts[place], TOKENS)
            ends = np.cumsum([len(word) + 1 for word in sentences[place]])
            inside = [number for number, (start, end) in enumerate(spans) if end > start]
            owner = np.searchsorted(ends, [spans[number][0] for number in inside], side="right")
            sums, counts = made[starts[place] : starts[place + 1]], np.bincount(owner, minlength=len(ends))
            np.add.at(sums, owner, read[row, inside])
            sums /= np.maximum(counts, 1)[:, None]
    return made


@torch.inference_mode()
def layered(shared: SentenceEncoder, batch: torch.Tensor, layers: int) -> np.ndarray:
    """Return the vectors of tokens after some layers, (batch, time, 384)."""
    encoder, there = shared.encoder, batch != shared.tokens.pad
    x = encoder.norm(encoder.words(batch) + encoder.places.weight[: batch.shape[1]] + encoder.kinds.weight[0])
    mask = torch.zeros(there.shape, dtype=x.dtype).masked_fill(~there, -torch.inf)[:, None, None]
    for layer in list(encoder.layers)[:layers]:
        x = layer(x, mask)
    made: np.ndarray = x.numpy()
    return made
