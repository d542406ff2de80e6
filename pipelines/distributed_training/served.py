"""`python -m pipelines.distributed_training.served`: what the served decoder is worth beside n-grams, on the test text.

Writes `served.json` beside this file. A seed takes four minutes of processor time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from data_sets.plays import to_bytes
from models.metrics import paired
from models.study import Line, Study, markdown, options, ranged, spread
from models.tokens.kneser_ney import KneserNey
from models.transformer.measures import by_block, losses_and_hits
from pipelines.distributed_training import task, training

FOLDER = Path(__file__).parent
ORDERS = (6, 5, 4, 2)  # the first is what the decoder is compared with


def grams(past: Any, text: np.ndarray) -> Iterator[tuple[Line, np.ndarray]]:
    """Yield the line of Kneser-Ney n-grams of each order, and the bits per byte of each passage."""
    learned = training.parts(past["lines"])[0].numpy()
    for order in ORDERS:
        bits = by_block(-np.log2(KneserNey(learned, order).chances(text)))
        yield {"method": f"{order}-grams, Kneser-Ney", "seed": 0, "bits": float(bits.mean())}, bits


def decoder(past: Any, text: np.ndarray, seed: int, rival: np.ndarray) -> Line:
    """Return the line of a decoder. rival: the bits per byte of each passage, by n-grams."""
    begin = time.process_time()
    model = task.train(past, seed=seed)
    line: Line = {"method": "decoder", "seed": seed, "processor": round(time.process_time() - begin)}
    costs, hits = losses_and_hits(model.decoder, text, model.shape.context)
    bits = by_block(costs / np.log(2))
    found = paired.bootstrap(bits, rival)
    return line | {
        "bits": float(bits.mean()),
        "accuracy": float(hits.mean()),
        "familiar": float((training.pieces(model.decoder, text) <= model.limit).mean()),
        "more": found["difference"],
        "more_low": found["low"],
        "more_high": found["high"],
    }


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README. Intervals are means over the seeds."""

    def shown(name: str, scale: float, digits: int) -> Any:
        return lambda rows: "" if rows[name].isna().all() else spread(rows[name], scale, digits)

    more = ranged("more", 3, sign="+")
    columns = {
        "bits per byte": shown("bits", 1, 3),
        "more than 6-grams": lambda rows: "" if rows["more"].isna().all() else more(rows),
        "right, %": shown("accuracy", 100, 1),
        "familiar pieces, %": shown("familiar", 100, 1),
        "processor s": shown("processor", 1, 0),
    }
    return markdown(results, {"method": "method"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=3)
    given = parser.parse_args()
    study = Study(given.out / "served.json", ["method", "seed"])
    torch.set_num_threads(1)
    past, test = task.split(task.load(settings().data_dir))
    text = to_bytes(test["lines"])
    known = list(grams(past, text))
    for seed in range(given.seeds):
        if not study.has(method="decoder", seed=seed):
            study.add(decoder(past, text, seed, known[0][1]))
    study.add(*(line for line, _ in known))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
