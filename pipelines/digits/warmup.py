"""`python -m pipelines.digits.warmup`: what loses a training under attack, with small networks over seeds.

Each learns from 10,000 images for 3 epochs under PGD of 5 steps within 0.3. The attack reaches its full strength after
a share of the training; a rate is the highest learning rate. It is measured on 500 images held out of the others.
It adds each line to `warmup.json`, passes over those that are there, and prints the table.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import torch

from capstan.settings import settings
from models.study import Line, Study, markdown, options, spread
from models.vision import attacks, hardening, learning
from models.vision.convolutional import ConvolutionalNetwork
from pipelines.digits import task, training

IMAGES, HELD_OUT, EPOCHS, BATCH, STEPS, EPS = 10_000, 500, 3, 64, 5, 0.3
STRONGLY = 100  # of the images held out
CASES = ((0.14, 0.003), (0.5, 0.003), (0.14, 0.001))  # the share of the training until full strength, and the rate


def measured(share: float, rate: float, seed: int, images: torch.Tensor, labels: torch.Tensor) -> Line:
    """Return how a network does that has learned in one way."""
    plan, began = learning.Plan(epochs=EPOCHS, batch=BATCH, rate=rate, seed=seed), time.process_time()
    rise = int(share * EPOCHS * (IMAGES // BATCH))
    torch.manual_seed(seed)
    network = ConvolutionalNetwork((8, 8, 16, 16), 32)
    harden = hardening.attacked(EPS, steps=STEPS, rise=rise)
    learning.fit(network, images[:IMAGES], labels[:IMAGES], plan, harden=harden)
    held, truth = learning.scaled(images[-HELD_OUT:]), labels[-HELD_OUT:]
    generator = torch.Generator().manual_seed(0)
    worst = attacks.pgd(network, held, truth, EPS, steps=20, loss=attacks.margin, generator=generator)
    few, some = truth[:STRONGLY], held[:STRONGLY]
    strongest = attacks.strongest(network, some, few, EPS, generator=generator)
    return {
        "share": share,
        "rate": rate,
        "seed": seed,
        "clean": round(learning.accuracy(network, held, truth), 3),
        "robust": round(learning.accuracy(network, worst, truth), 3),
        "robust, few": round(learning.accuracy(network, worst[:STRONGLY], few), 3),
        "strongest, few": round(learning.accuracy(network, strongest, few), 3),
        "processor seconds": round(time.process_time() - began),
    }


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {
        "seeds": lambda rows: str(len(rows)),
        "clean": lambda rows: spread(rows["clean"], 100, 1, "median"),
        "PGD-20, eps 0.3": lambda rows: spread(rows["robust"], 100, 1, "median"),
        f"PGD-20, {STRONGLY} images": lambda rows: spread(rows["robust, few"], 100, 1, "median"),
        "PGD-100, 8 starts, margin": lambda rows: spread(rows["strongest, few"], 100, 1, "median"),
    }
    return markdown(results, {"full strength after": "share", "learning rate": "rate"}, columns)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    images, labels = training.tensors(task.split(task.load(settings().data_dir))[0]["images"])
    study = Study(given.out / "warmup.json", ["share", "rate", "seed"])
    for seed in range(given.seeds):
        for share, rate in CASES:
            if not study.has(share=share, rate=rate, seed=seed):
                study.add(measured(share, rate, seed, images, labels))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
