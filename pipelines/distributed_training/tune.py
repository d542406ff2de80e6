"""`python -m pipelines.distributed_training.tune`: how the decoder and its training were chosen, by one worker.

Each case learns for 150 steps from the first 95 % of the text to train on, and is measured on the rest. It writes
`tune.json`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from capstan.settings import settings
from models.study import Line, Study, options
from pipelines.distributed_training.plans import Plan, sizes
from pipelines.distributed_training.schemes.single import Single
from pipelines.distributed_training.workers import Workers
from pipelines.language_model import data
from pipelines.language_model.measures import losses

FOLDER = Path(__file__).parent
LEARNED = 0.95
STEPS = 150
# What is tried, in this order; each line differs from `sizes` and `Plan` in what it names.
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"grams": ()}, {}),
    ({"grams": (2, 3, 4, 5, 6), "buckets": 2**14}, {}),
    ({}, {"decay": 0.5}),
    ({}, {"rate": 0.006}),
    ({}, {"rate": 0.0015}),
]


def measured(shape: dict[str, Any], plan: dict[str, Any], text: torch.Tensor, seed: int = 0) -> Line:
    """Return what a case costs on the last part of the text, in bits per byte, and how long it took."""
    first = int(LEARNED * len(text))
    chosen = Plan(sizes(**shape), seed=seed, steps=STEPS, **plan)
    scheme, begin = Single(chosen, Workers()), time.process_time()
    for step in range(chosen.steps):
        scheme.step(chosen.windows(text[:first], step))
    bits = losses(scheme.network.eval(), text[first:].numpy(), chosen.shape.context).mean() / np.log(2)
    weights = sum(values.numel() for values in scheme.network.parameters())
    return {"bits": float(bits), "weights": weights, "seconds": time.process_time() - begin}


def name(shape: dict[str, Any], plan: dict[str, Any]) -> str:
    """Return a case as the lines call it."""
    return ", ".join(f"{key} {value}" for key, value in (shape | plan).items()) or "as chosen"


def main() -> None:
    """Measure what the file lacks, and write it."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["case"])
    torch.set_num_threads(1)
    plays = data.table(settings().data_dir).query("part == 'train'")
    text = torch.from_numpy(data.to_bytes(plays).copy())
    for case in CASES:
        if not study.has(case=name(*case)):
            study.add({"case": name(*case)} | measured(*case, text))


if __name__ == "__main__":
    main()
