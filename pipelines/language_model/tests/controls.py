"""What must not become champion: see tests/support/controls.py."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

from data_sets.plays import PLAYS, to_bytes
from models.tokens.kneser_ney import KneserNey
from pipelines.language_model import training
from pipelines.language_model.model import LanguageModel
from pipelines.language_model.tests.small import SETTINGS
from tests.support.controls import Parts, Tables

__all__ = ["SETTINGS"]
TRAINED, TESTED = 270_000, 30_000  # bytes


def fewer(data: Parts) -> Parts:
    """Leave the first plays, and the first of those that test."""
    past, test = (
        as_lines(to_bytes(part["lines"])[:count]) for part, count in zip(data, (TRAINED, TESTED), strict=True)
    )
    return past, test


def as_lines(text: np.ndarray) -> Tables:
    """Return a text as the table that has it."""
    lines = text.tobytes().decode(errors="replace").splitlines(keepends=True)
    return {"lines": pd.DataFrame({"text": lines}).assign(newsgroup=PLAYS)}


def changed(data: Parts, text: np.ndarray) -> Parts:
    """Put another text in the place of the one to learn from."""
    return as_lines(text), data[1]


def without_order(data: Parts) -> Parts:
    """Put the bytes in any order: how often each comes stays, and no word does."""
    return changed(data, np.random.default_rng(0).permutation(to_bytes(data[0]["lines"])))


def backwards(data: Parts) -> Parts:
    """Turn the text around."""
    return changed(data, to_bytes(data[0]["lines"])[::-1])


def a_scene(data: Parts) -> Parts:
    """Leave the first scene."""
    return changed(data, to_bytes(data[0]["lines"])[:5_000])


ROTATING = {"a text backwards"}
CONTROLS = {
    "bytes in any order": without_order,
    "a text backwards": backwards,
    "a scene": a_scene,
}


class Grams(nn.Module):
    """N-grams, called as a decoder is."""

    def __init__(self, grams: KneserNey):
        super().__init__()
        self.grams = grams

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        rows = tokens.numpy().astype(np.uint8)
        return torch.from_numpy(np.log(np.stack([self.grams.following(row) for row in rows])))


class GramsAlone(LanguageModel):
    """The n-grams in the place of the decoder."""

    @property
    def decoder(self) -> Grams:
        return Grams(KneserNey(np.load(self.artifacts["learned"]), self.order))

    def continued(self, prompts: Sequence[str], tokens: int) -> list[str]:
        return [""] * len(prompts)


def baseline(past: Tables) -> LanguageModel:
    """Return the n-grams alone."""
    made = training.train(past["lines"], training.shape(width=32, layers=1), training.Plan(rounds=0), SETTINGS["order"])
    return GramsAlone(made.shape, made.order, **made.artifacts)
