"""MiniLM's vectors of many texts, which studies need again and again: they take minutes, and are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from capstan.data.files import atomic_write, digest
from capstan.settings import settings
from models.encoder import minilm
from models.encoder.sentence_encoder import SentenceEncoder


def of(texts: Sequence[str], weights: Mapping[str, Path], int8: bool = False) -> np.ndarray:
    """Return the vector of each text, shape (n, 384), from a file under CAPSTAN_HOME, or computed and written to it.

    int8: by the encoder in 8 bits.
    """
    path = settings().home / "vectors" / f"{digest(*texts, *(['int8'] if int8 else []))}.npy"
    if not path.is_file():
        vectors = (minilm.in_int8(weights) if int8 else minilm.shared(weights)).embed(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.save(file, vectors)
    return np.asarray(np.load(path))


_KNOWN: dict[tuple[type, str], np.ndarray] = {}


@contextmanager
def remembered() -> Iterator[None]:
    """Within it, this process reads no text twice: for studies that train many models on the same texts."""
    before, SentenceEncoder.known = SentenceEncoder.known, _KNOWN
    try:
        yield
    finally:
        SentenceEncoder.known = before
