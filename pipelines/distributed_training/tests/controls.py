"""What must not become champion: see tests/support/controls.py. Broken schemes are in `test_gate.py`."""

import numpy as np
import torch
from torch import nn

from data_sets.plays import to_bytes
from models.tokens.kneser_ney import KneserNey
from pipelines.distributed_training import report, task
from pipelines.distributed_training.model import NextByteModel
from pipelines.distributed_training.tests.small import SETTINGS
from tests.support import plays
from tests.support.controls import Parts, Tables

__all__ = ["SETTINGS", "fewer"]
fewer = plays.fewer


def with_gaps(data: Parts) -> Parts:
    """Replace every second byte at random, as in a damaged file."""
    text = to_bytes(data[0]["lines"]).copy()
    text[::2] = np.random.default_rng(0).integers(32, 127, len(text[::2]))
    return plays.changed(data, text)


CONTROLS = {
    "bytes in any order": plays.without_order,
    "a text with gaps": with_gaps,
    "a scene": plays.a_scene,
}


class Grams(nn.Module):
    """N-grams, called as a decoder is."""

    def __init__(self, grams: KneserNey):
        super().__init__()
        self.grams = grams

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        rows = tokens.numpy().astype(np.uint8)
        return torch.from_numpy(np.log(np.stack([self.grams.following(row) for row in rows]))).float()


class GramsAlone(NextByteModel):
    """The n-grams instead of the decoder."""

    @property
    def decoder(self) -> Grams:
        return Grams(KneserNey(np.load(self.artifacts["learned"]), report.ORDER_OF_FEW, modified=False))


def baseline(past: Tables) -> NextByteModel:
    """Return the n-grams alone."""
    model = task.train(past, **SETTINGS | {"steps": 0})
    return GramsAlone(model.shape, model.limit, "n-grams", model.artifacts)
