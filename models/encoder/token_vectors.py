"""A vector for each token of a sentence, by the first layers of all-MiniLM-L6-v2: what a word means next to the others.

The last layers were trained to say what a whole sentence means; the ones before keep more of the words. MiniLM reads
small letters alone: case is among what is seen at a token (`entities`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from capstan.data.files import atomic_write, digest
from capstan.settings import settings
from models.encoder import minilm
from models.encoder.sentence_encoder import SentenceEncoder, batches

LAYERS = 4
TOKENS = 256  # of a sentence that are read
KEPT = 500  # sentences of a file


def of(sentences: Sequence[Sequence[str]], weights: Mapping[str, Path], layers: int = LAYERS) -> np.ndarray:
    """Return the mean vector of the pieces of each token, (tokens, 384), sentence after sentence.

    A token behind the last that is read has zeros.
    """
    shared = minilm.shared(weights)
    texts = [" ".join(sentence) for sentence in sentences]
    starts = np.cumsum([0, *map(len, sentences)])
    means = np.zeros((starts[-1], shared.encoder.shape.width), np.float32)
    for places, batch in batches(shared.tokens.encode_all(texts, TOKENS), shared.tokens.pad):
        read = layered(shared, batch, layers)
        for row, place in enumerate(places.tolist()):
            owned = owners(shared, sentences[place])
            means[starts[place] : starts[place + 1]] = owned @ read[row, : owned.shape[1]]
    return means


def owners(shared: SentenceEncoder, sentence: Sequence[str]) -> np.ndarray:
    """Return what each piece of a text adds to the mean of each token, (tokens, pieces)."""
    spans = shared.tokens.spans(" ".join(sentence), TOKENS)
    ends = np.cumsum([len(word) + 1 for word in sentence])
    owner = np.searchsorted(ends, [start for start, _ in spans], side="right")
    inside = [end > start for start, end in spans]  # begin and end of the sentence have no signs
    of_word = ((owner == np.arange(len(ends))[:, None]) & inside).astype(np.float32)
    shares: np.ndarray = of_word / np.maximum(of_word.sum(axis=1, keepdims=True), 1)
    return shares


def kept(sentences: Sequence[Sequence[str]], weights: Mapping[str, Path]) -> np.ndarray:
    """Return the same from files under CAPSTAN_HOME, or computed and written to them: studies share them."""
    vectors = []
    for start in range(0, len(sentences), KEPT):
        part = sentences[start : start + KEPT]
        path = settings().home / "vectors" / f"{digest(str(LAYERS), *map(' '.join, part))}.npy"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as partial, partial.open("wb") as file:
                np.save(file, of(part, weights))
        vectors.append(np.load(path))
    return np.concatenate(vectors)


@torch.inference_mode()
def layered(shared: SentenceEncoder, batch: torch.Tensor, layers: int) -> np.ndarray:
    """Return the vectors of tokens after some layers, (batch, time, 384)."""
    encoder, there = shared.encoder, batch != shared.tokens.pad
    x = encoder.norm(encoder.words(batch) + encoder.places.weight[: batch.shape[1]] + encoder.kinds.weight[0])
    mask = torch.zeros(there.shape, dtype=x.dtype).masked_fill(~there, -torch.inf)[:, None, None]
    for layer in list(encoder.layers)[:layers]:
        x = layer(x, mask)
    vectors: np.ndarray = x.numpy()
    return vectors
