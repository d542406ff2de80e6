"""How the decoder was chosen: what each change does, on the last twentieth of the text to train on.

    python -m pipelines.language_model.tune

It writes `tune.json`. No byte of the test text is read. On 2 cores each case of the decoder takes three to four
minutes, and each learning rate of the rungs below it one.
"""

from __future__ import annotations

import dataclasses
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from capstan.settings import settings
from data_sets.plays import to_bytes
from models.study import Study, options
from models.transformer.measures import losses
from pipelines.language_model import task, training
from pipelines.language_model.ladder import rungs

FOLDER = Path(__file__).parent
CHOSEN_ON = 0.05  # of the text to train on
ROUNDS = 14
# Each case changes these.
FIRST: dict[str, Any] = {
    "grams": (2, 3, 4),
    "grams_dropout": 0.4,
    "dropout": 0.1,
    "decay": 0.1,
}  # what each case changes
CASES: list[dict[str, Any]] = [
    {},
    {"grams": ()},
    {"grams": (2, 3)},
    {"grams": (2, 3, 4, 5, 6)},
    {"grams_dropout": 0.0},
    {"grams_dropout": 0.2},
    {"grams_dropout": 0.6},
    {"dropout": 0.0},
    {"dropout": 0.2},
    {"buckets": 2**12},
    {"buckets": 2**16},
    {"rate": 0.0015},
    {"rate": 0.006},
    {"decay": 0.5},
    {"batch": 8, "context": 256},
    {"width": 192},
    {"layers": 6},
    {"grams": (2, 3, 4, 5, 6), "grams_dropout": 0.2},
    {"grams": (2, 3, 4, 5, 6), "decay": 0.5},
    {"grams": (2, 3, 4, 5, 6), "decay": 0.5, "dropout": 0.0},
]

SIMPLER = ("perceptron", "RNN", "LSTM", "GRU")
RATES = (0.001, 0.003, 0.01, 0.03)


def parts() -> tuple[torch.Tensor, np.ndarray]:
    """Return the text to learn from and the text to choose on."""
    text = to_bytes(task.split(task.load(settings().data_dir))[0]["lines"])
    end = int((1 - CHOSEN_ON) * len(text))
    return torch.from_numpy(text[:end].copy()), text[end:]


def measure(case: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Return the loss of one case in nats per byte, and the seconds that it took to train."""
    learned, chosen_on = parts()
    tried = FIRST | case
    fields = {field.name for field in dataclasses.fields(training.Plan)}
    plan = training.Plan(rounds, **{name: value for name, value in tried.items() if name in fields})
    sizes = training.shape(**{name: value for name, value in tried.items() if name not in fields})
    start = time.monotonic()
    decoder = training.fit(sizes, learned, plan)
    seconds = time.monotonic() - start
    return {
        "case": str(case), "nats": float(losses(decoder, chosen_on, sizes.context).mean()), "seconds": round(seconds),
        "rounds": rounds, "weights": sum(values.numel() for values in decoder.parameters()),
    }  # fmt: skip


def measure_rate(name: str, rate: float) -> dict[str, Any]:
    """Return the loss of a rung with a learning rate, after a minute."""
    learned, chosen_on = parts()
    rung = rungs.RUNGS[name]
    rung = dataclasses.replace(rung, plan=dataclasses.replace(rung.plan, rate=rate))
    line = rungs.trained(rung, learned, chosen_on, seconds=60, seed=0, name=f"{name} {rate}")
    return {"case": f"{name}, rate {rate}", "rounds": None} | line


def main() -> None:
    """Measure the cases that are not in the file yet."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["case", "rounds"])
    for case in CASES:
        if not study.has(case=str(case), rounds=given.rounds):
            study.add(measure(case, given.rounds))
    for name, rate in product(SIMPLER, RATES):
        if not study.has(case=f"{name}, rate {rate}"):
            study.add(measure_rate(name, rate))


if __name__ == "__main__":
    main()
