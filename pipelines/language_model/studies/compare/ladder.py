"""The rungs of the ladder, their texts, and a perceptron whose gradients are those of `models/ladder/autograd.py`."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np
import torch

from capstan.settings import settings
from capstan.study import Line
from data_sets.plays import to_bytes
from models.ladder import rungs
from models.ladder.autograd import Value
from models.ladder.gpt2 import CONTEXT, Gpt2
from models.ladder.learning import Plan
from models.ladder.perceptron import Perceptron
from models.ladder.recurrent import Gru, Lstm, Simple
from models.ladder.rungs import VALUES, Rung, recurrent
from models.transformer.decoder import Decoder
from pipelines.language_model import task, training

CHOSEN_ON = 0.05  # of the text to train on
BEFORE, WIDTH, HIDDEN = 3, 16, 64  # of the perceptron: bytes that it reads, of an embedding, of its layer
STEPS, BATCH, RATE = 3_000, 64, 0.3


def decoder(**other: Any) -> Rung:
    """Return the rung of the decoder that is served, or of another one."""
    shape = training.shape(**other)
    return Rung(lambda: Decoder(shape), shape.context, Plan(0))


# Rates are those of `tuned` and `rates` but nanoGPT's, whose setting is taken as it is.
RUNGS = {
    "perceptron": Rung(lambda: Perceptron(VALUES, 32, 512), 128, Plan(0, rate=0.01, decay=0.1)),
    "RNN": recurrent(Simple, 0.01),
    "LSTM": recurrent(Lstm, 0.03),
    "GRU": recurrent(Gru, 0.01),
    "nanoGPT's setting": Rung(lambda: Gpt2(VALUES), CONTEXT, Plan(0, batch=12, rate=0.001, decay=0.1)),
    "decoder without n-grams": decoder(grams=()),
    "decoder": decoder(),
}


@cache
def texts() -> tuple[np.ndarray, np.ndarray]:
    """Return the text to learn from, and the one to test on, as bytes."""
    learned, test = (to_bytes(part["lines"]) for part in task.split(task.load(settings().data_dir)))
    return learned, test


@cache
def choosing() -> tuple[torch.Tensor, np.ndarray]:
    """Return the text to learn from without its end, and its end, to choose on."""
    text, _ = texts()
    end = int((1 - CHOSEN_ON) * len(text))
    return torch.from_numpy(text[:end].copy()), text[end:]


def by_autograd(steps: int = STEPS) -> Line:
    """Return the loss of a perceptron of the last bytes that learns by plain steps along our own gradients."""
    text, test = texts()
    random, begun = np.random.default_rng(0), time.process_time()
    sizes = ((VALUES, WIDTH), (BEFORE * WIDTH, HIDDEN), (1, HIDDEN), (HIDDEN, VALUES), (1, VALUES))
    weights = [random.normal(size=size) / np.sqrt(size[0] if size[0] not in (1, VALUES) else 10) for size in sizes]

    def nats(some: np.ndarray, places: np.ndarray) -> tuple[Value, list[Value]]:
        values = [Value(array) for array in weights]
        table, first, bias, second, shift = values
        before = some[places[:, None] + np.arange(-BEFORE, 0)]
        hidden = (table.rows(before).reshaped(len(places), BEFORE * WIDTH) @ first + bias).tanh()
        return (hidden @ second + shift).cross_entropy(some[places]), values

    for step in range(steps):
        loss, values = nats(text, random.integers(BEFORE, len(text), BATCH))
        loss.backward()
        rate = RATE * (1 - step / steps)
        weights = [array - rate * value.gradient for array, value in zip(weights, values, strict=True)]
    seconds = time.process_time() - begun
    loss, _ = nats(test, np.arange(BEFORE, len(test)))
    return {"nats": float(loss.data), "seconds": seconds, "weights": sum(array.size for array in weights)}


def measured(name: str, minutes: float, seed: int) -> Line:
    """Return the loss of a rung after some minutes."""
    text, test = texts()
    learned = torch.from_numpy(text.copy())
    return dict(rungs.trained(RUNGS[name], learned, test, 60 * minutes, seed, f"{name} {minutes}"))
