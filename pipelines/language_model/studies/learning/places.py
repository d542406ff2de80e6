"""Ways to show a decoder where a byte is, after the same time, in windows as long as the learned ones and longer."""

from __future__ import annotations

from typing import get_args, get_type_hints

import torch
from torch import nn

from capstan.study import Line
from models.ladder.learning import Plan
from models.ladder.rungs import Rung
from models.transformer.decoder import Decoder, Shape
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.studies.compare import ladder
from pipelines.language_model.studies.learning.optimizing import DECAY, SMALL, learned, of_torch

CONTEXT = 64
LONGER = (1, 2, 4)  # times
SECONDS = 40.0
KINDS: tuple[str, ...] = get_args(get_type_hints(Shape)["positions"])
RATE = 0.003


def rung(kind: str) -> Rung:
    """Return a small decoder that learns from short windows. Learned places have rows for longer ones as well."""
    shape = training.shape(**SMALL | {"context": CONTEXT * LONGER[-1]}, positions=kind)
    return Rung(lambda: Decoder(shape), CONTEXT, Plan(0))


def adam(network: nn.Module) -> list[torch.optim.Optimizer]:
    """Return the optimizer of all weights."""
    return [of_torch(list(network.parameters()), RATE, DECAY)]


def places(positions: str, seed: int) -> Line:
    """Return the loss of a way in windows of each length."""
    torch.set_num_threads(1)
    text, test = ladder.texts()
    network, steps = learned(rung(positions), torch.from_numpy(text.copy()), adam, SECONDS, seed)
    nats = {f"nats {times}": float(losses(network, test, CONTEXT * times).mean()) for times in LONGER}
    return {"seconds": SECONDS, "steps": steps} | nats
