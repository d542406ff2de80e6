"""What must not become champion: see tests/support/controls.py."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from data_sets.plays import to_bytes
from models.tokens.kneser_ney import KneserNey
from pipelines.language_model import report, training
from pipelines.language_model.model import LanguageModel
from pipelines.language_model.tests.small import SETTINGS
from tests.support import plays
from tests.support.controls import Parts, Tables

__all__ = ["SETTINGS", "fewer"]
fewer = plays.fewer


def backwards(data: Parts) -> Parts:
    """Turn the text around."""
    return plays.changed(data, to_bytes(data[0]["lines"])[::-1])


ROTATING = {"a text backwards"}
CONTROLS = {
    "bytes in any order": plays.without_order,
    "a text backwards": backwards,
    "a scene": plays.a_scene,
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
    """The n-grams instead of the decoder."""

    @property
    def decoder(self) -> Grams:
        return Grams(KneserNey(np.load(self.artifacts["learned"]), report.ORDER_OF_FEW))

    def continued(self, prompts: Sequence[str], tokens: int) -> list[str]:
        return [""] * len(prompts)


def baseline(past: Tables) -> LanguageModel:
    """Return the n-grams alone."""
    model = training.train(past["lines"], training.shape(width=32, layers=1), training.Plan(rounds=0))
    return GramsAlone(model.shape, **model.artifacts)
