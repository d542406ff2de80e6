"""How a network learns to continue a text of bytes: windows of the text, drawn at random."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from capstan.errors import CapstanError
from capstan.versions import code
from models.learning import checkpoints, training
from models.learning.inside import statistics
from models.transformer import fused
from models.transformer.decoder import Decoder, Shape

ROUND = 100  # steps between two checkpoints

History = list[dict[str, float]]
Objective = Callable[[nn.Module, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how a decoder learns. `rate` is the highest learning rate, `steps` are those of a round.

    parts: of a batch, whose gradients add up. bfloat16: mixed precision on a CPU too. compiled: by `torch.compile`, and
    launched as one graph on a GPU. fused: with the kernels of `kernels/`, which need a GPU to be fast, and are parts of
    what is compiled, if both are on.
    """

    rounds: int
    batch: int = 16
    rate: float = 0.003
    decay: float = 0.5
    clip: float = 1.0
    seed: int = 0
    steps: int = ROUND
    parts: int = 1
    bfloat16: bool = False
    compiled: bool = False
    fused: bool = False

    def __post_init__(self) -> None:
        """Raise CapstanError where the rows of a batch cannot be parted."""
        if self.parts < 1 or self.batch % self.parts:
            raise CapstanError(f"A batch of {self.batch} rows has no {self.parts} parts of one size.")


def fit(shape: Shape, text: torch.Tensor, plan: Plan) -> Decoder:
    """Return a decoder that has learned from a text of bytes, shape (n,). One that was interrupted goes on."""
    return fit_recorded(shape, text, plan)[0]


def fit_recorded(shape: Shape, text: torch.Tensor, plan: Plan) -> tuple[Decoder, History]:
    """Return the same, and what `learn` recorded."""
    torch.manual_seed(plan.seed)
    decoder = Decoder(shape)
    return decoder, learn(decoder, shape.context, text, plan, f"decoder {dataclasses.astuple(shape)}")


def learn(network: nn.Module, context: int, text: torch.Tensor, plan: Plan, name: str) -> History:
    """Let a network learn from a text of bytes, shape (n,). `name` says what it is: one that was interrupted goes on.

    network: tokens, shape (batch, time), in; the logits of each next token out, (batch, time, vocabulary).
    Returns the statistics of `models/learning/inside.py`, a line for each round.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, text = network.to(device), text.to(device)

    def windows(number: int) -> Iterator[torch.Tensor]:
        generator = torch.Generator().manual_seed(1_000_003 * plan.seed + number)
        torch.manual_seed(1_000_003 * plan.seed + number)  # of dropout
        for _ in range(plan.steps):
            starts = torch.randint(len(text) - context, (plan.batch, 1), generator=generator)
            yield text[starts + torch.arange(context + 1)].long()

    probe = next(windows(0))[:, :-1]

    def after_round(state: training.State) -> None:
        history.append(statistics(network, probe))
        checkpoints.write(key, state | {"history": history})

    settings = str((name, context, dataclasses.astuple(plan)))
    key = checkpoints.key("decoder", settings, [text], *code.imported([Path(__file__)]))
    state = checkpoints.latest(key)
    history: History = state["history"] if state else []
    if plan.fused and not isinstance(network, Decoder):
        raise CapstanError(f"Only a Decoder has kernels, not {type(network).__name__}. Leave out `fused`.")
    objective = fused_loss if plan.fused else loss
    with fused.fused(network) if isinstance(network, Decoder) and plan.fused else nullcontext():
        training.fit(
            network, compiled(objective) if plan.compiled else objective, windows, epochs=plan.rounds, rate=plan.rate,
            decay=plan.decay, clip=plan.clip, fused=True, state=state, after_epoch=after_round, bfloat16=plan.bfloat16,
            schedule=training.rising_and_falling(plan.rounds * plan.steps),
            parted=lambda batch: batch.chunk(plan.parts),
        )  # fmt: skip
    checkpoints.clear(key)
    network.cpu().eval()
    return history


def compiled(objective: Objective) -> Objective:
    """Return a loss as `torch.compile` makes it; on a GPU its launches are a graph, as a small step waits for them."""
    return torch.compile(objective, mode="reduce-overhead" if torch.cuda.is_available() else None)


def loss(decoder: nn.Module, windows: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of each next byte, in nats. windows: shape (batch, time + 1)."""
    logits = decoder(windows[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())


def fused_loss(decoder: nn.Module, windows: torch.Tensor) -> torch.Tensor:
    """Return the same by a kernel, which never has the logits of all bytes at a time."""
    return fused.loss(cast(Decoder, decoder), windows[:, :-1], windows[:, 1:])
