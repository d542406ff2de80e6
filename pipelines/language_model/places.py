"""`python -m pipelines.language_model.places`: ways to tell a decoder where a byte is, after the same time.

A small decoder learns from windows of 64 bytes for `--seconds` of processor time, and is tested on windows that are
as long, twice and four times as long. It writes `places.json` into the folder that it is given, and prints the table.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import get_args, get_type_hints

import pandas as pd
import torch
from torch import nn

from models.study import Study, markdown, options, spread
from models.transformer.decoder import Decoder, Shape
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.compare import texts
from pipelines.language_model.ladder.rungs import Rung
from pipelines.language_model.optimizing import DECAY, SMALL, learned, of_torch

CONTEXT = 64
LONGER = (1, 2, 4)  # times
SECONDS = 40.0
KINDS: tuple[str, ...] = get_args(get_type_hints(Shape)["positions"])
RATE = 0.003


def rung(kind: str) -> Rung:
    """Return a small decoder that learns from short windows. Learned places have rows for longer ones as well."""
    shape = training.shape(**SMALL | {"context": CONTEXT * LONGER[-1]}, positions=kind)
    return Rung(lambda: Decoder(shape), CONTEXT, training.Plan(0))


def adam(network: nn.Module) -> list[torch.optim.Optimizer]:
    """Return the optimizer of all weights."""
    return [of_torch(list(network.parameters()), RATE, DECAY)]


def measure(study: Study, seconds: float, seeds: int) -> None:
    """Add what is not measured yet: a line for each way and seed."""
    text, test = texts()
    known = torch.from_numpy(text.copy())
    for seed, kind in product(range(seeds), KINDS):
        if not study.has(positions=kind, seconds=seconds, seed=seed):
            network, steps = learned(rung(kind), known, adam, seconds, seed)
            nats = {f"nats {times}": float(losses(network, test, CONTEXT * times).mean()) for times in LONGER}
            study.add({"positions": kind, "seconds": seconds, "seed": seed, "steps": steps} | nats)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row for each way, and the loss in windows of each length."""

    def nats(times: int) -> Callable[[pd.DataFrame], str]:
        return lambda rows: spread(rows[f"nats {times}"])

    shown = {f"{CONTEXT * times} bytes": nats(times) for times in LONGER}
    shown["steps"] = lambda rows: spread(rows["steps"], digits=0)
    shown["seeds"] = lambda rows: f"{len(rows)}"
    return markdown(
        results.assign(time=results["seconds"].map("{:g}".format)), {"positions": "positions", "seconds": "time"}, shown
    )


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each way and seed")
    given = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(given.out / "places.json", ["positions", "seconds", "seed"])
    measure(study, given.seconds, given.seeds)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
