"""Texts as vectors of MiniLM, kept: each stretch of texts is computed once, and a run that was cut off goes on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from capstan.data.files import atomic_write, digest
from capstan.settings import settings
from models.encoder import minilm
from models.encoder.sentence_encoder import SentenceEncoder

STRETCH = 64  # texts of a file


@cache
def encoder() -> SentenceEncoder:
    """Return MiniLM, on one thread."""
    import torch

    torch.set_num_threads(1)
    return minilm.load()


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Return a vector of length 1 for each text, shape (n, 384)."""
    folder = settings().home / "vectors"
    parts = [kept(list(texts[start : start + STRETCH]), folder) for start in range(0, len(texts), STRETCH)]
    return np.concatenate([*parts, np.zeros((0, 384), np.float32)])


def kept(texts: list[str], folder: Path) -> np.ndarray:
    """Return the vectors of some texts from the folder, which gets them where it lacks them."""
    path = folder / f"{digest(minilm.WEIGHTS['encoder'].sha256, *texts)}.npy"
    if not path.exists():
        made = encoder().embed(texts)
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.save(file, made)
    return np.asarray(np.load(path))
