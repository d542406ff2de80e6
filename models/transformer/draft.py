"""N-grams that draft what the decoder then accepts or corrects: see `models.transformer.speculative`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from models.tokens.kneser_ney import KneserNey

ORDER = 5
MOST = 20_000  # ends of texts whose next bytes are kept, 1 kB each


class GramsDraft:
    """Kneser-Ney n-grams of a text, as a draft. What follows the same few bytes is computed once."""

    def __init__(self, text: np.ndarray, order: int = ORDER):
        """text: the bytes that the decoder has learned from."""
        self.grams = KneserNey(text, order, modified=False)
        self._rows: dict[bytes, torch.Tensor] = {}

    def __call__(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Return the logits of the byte after each text, shape (n, 256)."""
        size = self.grams.order - 1
        ends = [bytes(text[-size:]) for text in texts]
        if len(self._rows) > MOST:
            self._rows.clear()
        if missing := [end for end in dict.fromkeys(ends) if end not in self._rows]:
            packed = np.array([int.from_bytes(end, "big") for end in missing], np.uint64)
            rows = torch.from_numpy(np.log(self.grams.after(packed)).astype(np.float32))
            self._rows.update(zip(missing, rows, strict=True))
        return torch.stack([self._rows[end] for end in ends])
