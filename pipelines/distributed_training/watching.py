"""What is watched: how long and how strange texts are to the model, and what it takes for likely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data_sets.plays import to_bytes
from pipelines.distributed_training.model import named

if TYPE_CHECKING:
    from pipelines.distributed_training.model import NextByteModel

TEXTS = 600  # of the test text
LENGTHS = (40, 200)  # bytes of each


def of_text(model: NextByteModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the signals of pieces of the test text, of the model's answers, and whether the right byte came next."""
    whole, random = to_bytes(rows), np.random.default_rng(0)
    lengths = random.integers(*LENGTHS, TEXTS)
    begins = random.integers(0, max(1, len(whole) - LENGTHS[1] - 1), TEXTS)
    pieces = [whole[begin : begin + length] for begin, length in zip(begins, lengths, strict=True)]
    texts = [piece.tobytes().decode(errors="replace") for piece in pieces]
    answers = model.predict_columns({"text": texts})
    known = {name: answers[name] for name in ("next", "confidence", "bits_per_byte", "familiar")}
    came = [named(whole[begin + len(piece)]) for begin, piece in zip(begins, pieces, strict=True)]
    right = [int(guess == byte) for guess, byte in zip(answers["next"], came, strict=True)]
    return of_texts(texts).assign(**known, right=right)


def of_texts(texts: Sequence[str]) -> pd.DataFrame:
    """Return the length of each text in characters, and the share that are no letters."""
    return pd.DataFrame(
        {
            "text_length": [len(text) for text in texts],
            "text_symbols": [np.mean([not (sign.isalpha() or sign.isspace()) for sign in text]) for text in texts],
        }
    )
