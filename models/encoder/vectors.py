"""MiniLM's vectors of many texts, which studies share: they take minutes, and are kept under CAPSTAN_HOME."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from capstan.data.files import atomic_write, digest
from capstan.settings import settings
from models.encoder import minilm


def of(texts: Sequence[str], weights: Mapping[str, Path], int8: bool = False) -> np.ndarray:
    """Return the vector of each text, shape (n, 384), from the file of these texts, or computed and written to it.

    int8: by the encoder in 8 bits.
    """
    path = settings().home / "vectors" / f"{digest(*texts, *(['int8'] if int8 else []))}.npy"
    if not path.is_file():
        vectors = (minilm.in_int8(weights) if int8 else minilm.shared(weights)).embed(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.save(file, vectors)
    return np.asarray(np.load(path))
