"""Each optimizer after the same processor time, with as many learning rates: a small decoder without n-grams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from capstan.study import Line
from models.ladder import learning
from models.ladder.rungs import Rung, busy
from models.learning import optimizers
from models.transformer.measures import losses
from pipelines.language_model.studies.compare import ladder
from pipelines.language_model.studies.compare.ladder import decoder

SMALL: dict[str, Any] = {"width": 64, "layers": 2, "context": 64, "grams": ()}
TIMES = (1.0, 10**0.5, 10**-0.5, 10.0, 0.1)  # the usual learning rate
SECONDS = 12.0
RISE = 0.1  # of the time
DECAY, CLIP, BATCH = 0.1, 1.0, 16
OTHERS = 0.003  # the learning rate of Adam, which moves what is no matrix of a layer where an optimizer is for these

Weights = list[nn.Parameter]


@dataclass(frozen=True)
class Kind:
    """An optimizer and its usual learning rate: of its paper or its reference. matrices: it is for these alone."""

    make: Callable[..., Any]
    rate: float
    matrices: bool = False


def lookahead(weights: Weights, rate: float, decay: float) -> optimizers.Lookahead:
    """Return Lookahead around Adam."""
    return optimizers.Lookahead(optimizers.Adam(weights, rate, decay))


def of_torch(weights: Weights, rate: float, decay: float) -> torch.optim.Optimizer:
    """Return torch's AdamW in one pass over all weights: what our plain steps cost."""
    return torch.optim.AdamW(weights, lr=rate, weight_decay=decay, fused=True)


KINDS = {
    "SGD with momentum": Kind(optimizers.Momentum, 0.1),
    "AdamW": Kind(optimizers.Adam, 0.001),
    "AdamW, torch's": Kind(of_torch, 0.001),
    "Adamax": Kind(optimizers.Adamax, 0.002),
    "RAdam": Kind(optimizers.RAdam, 0.001),
    "Lion": Kind(optimizers.Lion, 0.0003),
    "LAMB": Kind(optimizers.Lamb, 0.01),
    "Lookahead of AdamW": Kind(lookahead, 0.001),
    "Shampoo": Kind(optimizers.Shampoo, 0.1, matrices=True),
    "Muon": Kind(optimizers.Muon, 0.02, matrices=True),
}


def optimizers_of(kind: Kind, network: nn.Module, rate: float) -> list[Any]:
    """Return the optimizers of all weights."""
    named = dict(network.named_parameters())
    if not kind.matrices:
        return [kind.make(list(named.values()), rate, DECAY)]
    inner = {name for name, weights in named.items() if weights.dim() == 2 and not name.startswith("embedding")}
    others = [weights for name, weights in named.items() if name not in inner]
    return [kind.make([named[name] for name in inner], rate, DECAY), optimizers.Adam(others, OTHERS, DECAY)]


def learned(
    rung: Rung, text: torch.Tensor, optimized: Callable[[nn.Module], Iterable[Any]], seconds: float, seed: int
) -> tuple[nn.Module, int]:
    """Return a network that has learned from a text for so many seconds, and the steps that it took.

    The learning rate follows the time: it rises, and falls to 0 at the end. text: bytes, shape (n,).
    """
    torch.manual_seed(seed)
    network, generator = rung.make().train(), torch.Generator().manual_seed(seed)
    moving = list(optimized(network))
    groups = [(group, group["lr"]) for optimizer in moving for group in optimizer.param_groups]
    start, steps = busy(), 0
    while (done := (busy() - start) / seconds) < 1:
        for group, highest in groups:
            group["lr"] = highest * share(done)
        starts = torch.randint(len(text) - rung.context, (BATCH, 1), generator=generator)
        network.zero_grad()
        learning.loss(network, text[starts + torch.arange(rung.context + 1)].long()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        for optimizer in moving:
            optimizer.step()
        steps += 1
    return network.eval(), steps


def share(done: float) -> float:
    """Return the share of the highest learning rate when a share of the time is over."""
    return done / RISE if done < RISE else 0.5 * float(1 + np.cos(np.pi * (done - RISE) / (1 - RISE)))


def rate_of(name: str, times: float) -> float:
    """Return a learning rate of an optimizer: its usual one, so many times."""
    return float(f"{KINDS[name].rate * times:.2g}")


CASES = [{"optimizer": name, "rate": rate_of(name, times)} for times, name in product(TIMES, KINDS)]


def optimizing(optimizer: str, rate: float, seed: int) -> Line:
    """Return the loss on the text to choose on, and on the test text, of an optimizer with a learning rate."""
    torch.set_num_threads(1)
    (known, chosen_on), (_, test) = ladder.choosing(), ladder.texts()
    rung = decoder(**SMALL)
    network, steps = learned(rung, known, partial(optimizers_of, KINDS[optimizer], rate=rate), SECONDS, seed)
    nats = {name: float(losses(network, some, rung.context).mean()) for name, some in
            {"chosen_on": chosen_on, "test": test}.items()}  # fmt: skip
    return {"seconds": SECONDS, "steps": steps} | nats


def best(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the line of the best learning rate of each optimizer and seed, the best first."""
    by = lines.groupby(["optimizer", "seed"], sort=False)["chosen_on"]
    return lines.loc[by.idxmin()].sort_values("chosen_on", kind="stable")


def rates(rows: pd.DataFrame) -> str:
    """Return the learning rates of some lines. An edge is the last one that was tried."""
    edges = {name: [rate_of(name, times) for times in (min(TIMES), max(TIMES))] for name in KINDS}
    pairs = zip(rows["optimizer"], rows["rate"], strict=True)
    return ", ".join(f"{rate:g}{' (edge)' if rate in edges[name] else ''}" for name, rate in pairs)
