"""`python -m pipelines.language_model.optimizing`: each optimizer after the same time, with as many learning rates.

A small decoder learns for `--seconds` of processor time with each optimizer and each of five learning rates around its
usual one. The best on the last 5 % of the text to train on is tested. `--only` takes some of the optimizers. It writes
`optimizing.json` into the folder that it is given, and prints the table; what is there is not measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from models.learning import optimizers
from models.study import Study, markdown, options, spread
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.compare import texts
from pipelines.language_model.ladder.rungs import Rung, busy, decoder

SMALL: dict[str, Any] = {"width": 64, "layers": 2, "context": 64, "grams": ()}
TIMES = (1.0, 10**0.5, 10**-0.5, 10.0, 0.1)  # the usual learning rate
SECONDS = 12.0
CHOSEN_ON = 0.05  # of the text to train on
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


def made(kind: Kind, network: nn.Module, rate: float) -> list[Any]:
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
    groups = [(group, group["lr"]) for one in moving for group in one.param_groups]
    start, steps = busy(), 0
    while (done := (busy() - start) / seconds) < 1:
        for group, highest in groups:
            group["lr"] = highest * share(done)
        starts = torch.randint(len(text) - rung.context, (BATCH, 1), generator=generator)
        network.zero_grad()
        training.loss(network, text[starts + torch.arange(rung.context + 1)].long()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        for one in moving:
            one.step()
        steps += 1
    return network.eval(), steps


def share(done: float) -> float:
    """Return the share of the highest learning rate when a share of the time is over."""
    return done / RISE if done < RISE else 0.5 * float(1 + np.cos(np.pi * (done - RISE) / (1 - RISE)))


def measure(study: Study, names: Iterable[str], seconds: float, seeds: int) -> None:
    """Add what is not measured yet: a line for each optimizer, learning rate and seed."""
    text, test = texts()
    end, rung = int((1 - CHOSEN_ON) * len(text)), decoder(**SMALL)
    known, chosen_on = torch.from_numpy(text[:end].copy()), text[end:]
    for seed, times, name in product(range(seeds), TIMES, names):  # what else runs then slows all optimizers alike
        kind, rate = KINDS[name], float(f"{KINDS[name].rate * times:.2g}")
        if study.has(optimizer=name, rate=rate, seconds=seconds, seed=seed):
            continue
        network, steps = learned(rung, known, partial(made, kind, rate=rate), seconds, seed)
        nats = float(losses(network, chosen_on, rung.context).mean())
        line = {"optimizer": name, "rate": rate, "seconds": seconds, "seed": seed, "steps": steps, "chosen_on": nats}
        others = (
            one for one in study.lines if (one["optimizer"], one["seconds"], one["seed"]) == (name, seconds, seed)
        )
        if all(nats < one["chosen_on"] for one in others):  # the test text is for the best, so far
            line["test"] = float(losses(network, test, rung.context).mean())
        study.add(line)


def best(results: pd.DataFrame) -> pd.DataFrame:
    """Return the line of the best learning rate of each optimizer, time and seed."""
    by = results.groupby(["optimizer", "seconds", "seed"], sort=False)["chosen_on"]
    return results.loc[by.idxmin()]


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row for each optimizer and time, the best first."""
    edges = {
        name: [float(f"{kind.rate * times:.2g}") for times in (min(TIMES), max(TIMES))] for name, kind in KINDS.items()
    }

    def rates(rows: pd.DataFrame) -> str:
        return ", ".join(
            f"{r:g}{' (edge)' if r in edges[n] else ''}" for n, r in zip(rows["optimizer"], rows["rate"], strict=True)
        )

    shown = {
        "nats per byte": lambda rows: spread(rows["chosen_on"]),
        "of the test text": lambda rows: spread(rows["test"]),
        "learning rate": rates,
        "steps": lambda rows: spread(rows["steps"], digits=0),
        "seeds": lambda rows: f"{len(rows)}",
    }
    lines = (
        best(results)
        .sort_values("chosen_on", kind="stable")
        .assign(time=lambda rows: rows["seconds"].map("{:g}".format))
    )
    return markdown(lines, {"optimizer": "optimizer", "seconds": "time"}, shown)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each learning rate")
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="OPTIMIZER")
    given = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(given.out / "optimizing.json", ["optimizer", "rate", "seconds", "seed"])
    measure(study, given.only, given.seconds, given.seeds)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
