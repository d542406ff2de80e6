"""The decoder that is served, and what a run learns."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from capstan.errors import CapstanError
from data_sets.plays import to_bytes
from models.ladder.learning import Plan, fit_recorded
from models.transformer.decoder import Shape
from pipelines.language_model.model import LanguageModel

if TYPE_CHECKING:
    import pandas as pd


def shape(width: int = 128, layers: int = 4, **other: Any) -> Shape:
    """Return the sizes of the decoder that is served. Each choice is of `studies/compare`; `other` tries another."""
    chosen: dict[str, Any] = {
        "heads": width // 32, "context": 128, "grams": (2, 3, 4, 5, 6), "buckets": 2**14,
        "grams_dropout": 0.4, "dropout": 0.0,
    }  # fmt: skip
    return Shape(width=width, layers=layers, **{"vocabulary": 256} | chosen | other)


def train(rows: pd.DataFrame, shape: Shape, plan: Plan, voice_steps: int = 0) -> LanguageModel:
    """Return a decoder that has learned from lines of text.

    voice_steps: those in which an adapter learns each voice; 0 for no adapters.
    """
    from pipelines.language_model import voices

    text = to_bytes(rows)
    if len(text) <= shape.context:
        raise CapstanError(f"The text to train on has {len(text)} bytes. It needs more than {shape.context}.")
    folder = Path(tempfile.mkdtemp(prefix="language-model-"))
    decoder, history = fit_recorded(shape, torch.from_numpy(text.copy()), plan)
    torch.save(decoder.state_dict(), folder / "network.pt")
    np.save(folder / "learned.npy", text)
    adapters = folder / "adapters.pt" if voice_steps else None
    if adapters:
        torch.save(voices.learned(decoder, rows, voice_steps, plan.seed), adapters)
    return LanguageModel(shape, folder / "network.pt", folder / "learned.npy", history, adapters)
