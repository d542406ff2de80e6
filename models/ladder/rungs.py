"""The rungs of the ladder: what each learns from a text in a given time, and what a byte costs it afterwards.

Seconds are those of a machine on which nothing else runs: processor time, by the number of threads. Other work on
it then makes a training longer, and hardly changes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from models.ladder import learning
from models.ladder.bigrams import Bigrams
from models.ladder.recurrent import Cell, Recurrent
from models.tokens.kneser_ney import KneserNey
from models.transformer.measures import losses

VALUES = 256
TIMED = 60  # steps, of which the median says how long one takes
SHARE = 0.94  # of the time that is planned, so that the whole training stays within it


@dataclass(frozen=True)
class Rung:
    """A network and how it learns. `plan` is without rounds: the time decides."""

    make: Callable[[], nn.Module]
    context: int
    plan: learning.Plan


def recurrent(cell: type[Cell], rate: float) -> Rung:
    """Return the rung of a recurrent cell."""
    return Rung(lambda: Recurrent(cell, VALUES, 256), 128, learning.Plan(0, rate=rate, decay=0.1))


ORDERS = {f"{order}-grams": order for order in range(2, 9)}


def counted(name: str, text: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Return the loss of counts in nats per byte, and the seconds that they took."""
    start = time.process_time()
    model = KneserNey(text, ORDERS[name]) if name in ORDERS else Bigrams(text)
    seconds = time.process_time() - start
    return {"nats": float(-np.log(model.chances(test)).mean()), "seconds": seconds}


def trained(rung: Rung, text: torch.Tensor, test: np.ndarray, seconds: float, seed: int, name: str) -> dict[str, float]:
    """Return the loss in nats per byte of a network that has learned for so many seconds, and how long it really was.

    text: bytes to learn from, shape (n,). test: bytes, shape (m,).
    """
    rounds = max(1, int(SHARE * seconds / per_round(rung, text)))
    torch.manual_seed(seed)
    network, start = rung.make(), busy()
    learning.learn(network, rung.context, text, replace(rung.plan, rounds=rounds, seed=seed), name)
    took = busy() - start
    weights = sum(values.numel() for values in network.parameters())
    nats = float(losses(network, test, rung.context).mean())
    return {"nats": nats, "seconds": took, "steps": rounds * rung.plan.steps, "weights": weights}


def per_round(rung: Rung, text: torch.Tensor) -> float:
    """Return the seconds of a round, from a few steps of a network that is thrown away."""
    network = rung.make().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=rung.plan.rate, fused=True)
    windows = text[: rung.plan.batch * (rung.context + 1)].reshape(rung.plan.batch, -1).long()
    ended = [busy()]
    for _ in range(TIMED):
        optimizer.zero_grad()
        learning.loss(network, windows).backward()
        optimizer.step()
        ended.append(busy())
    return float(np.median(np.diff(ended))) * rung.plan.steps


def busy() -> float:
    """Return the seconds that each thread of this process has computed, on average."""
    return time.process_time() / torch.get_num_threads()
