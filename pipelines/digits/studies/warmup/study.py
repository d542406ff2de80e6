"""Why is a training under attack lost?

Small networks learn from 10,000 images for 3 epochs under PGD of 5 steps within 0.3. The attack reaches its full
strength after a share of the training; a rate is the highest learning rate. Measured on 500 images held out.
"""

from __future__ import annotations

import time
from functools import cache

import torch

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.vision import attacks, hardening, learning
from models.vision.convolutional import ConvolutionalNetwork
from pipelines.digits import task, training

IMAGES, HELD_OUT, EPOCHS, BATCH, STEPS, EPS = 10_000, 500, 3, 64, 5, 0.3
STRONGLY = 100  # of the images held out
CASES = ((0.14, 0.003), (0.5, 0.003), (0.14, 0.001))  # the share of the training until full strength, and the rate


@cache
def past() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images to train on, and their labels."""
    return training.tensors(task.split(task.load(settings().data_dir))[0]["images"])


def learned(share: float, rate: float, seed: int) -> Line:
    """Return how a network does that has learned in one way."""
    images, labels = past()
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
        "clean": round(learning.accuracy(network, held, truth), 3),
        "robust": round(learning.accuracy(network, worst, truth), 3),
        "robust, few": round(learning.accuracy(network, worst[:STRONGLY], few), 3),
        "strongest, few": round(learning.accuracy(network, strongest, few), 3),
        "processor seconds": round(time.process_time() - began),
    }


def median(name: str) -> Show:
    """Return what shows the median of a share, in percent."""
    return lambda rows: spread(rows[name], 100, 1, "median")


STUDY = Study(
    measures=[Measure(learned, [{"share": share, "rate": rate} for share, rate in CASES])],
    tables=[
        Table(
            {"full strength after": "share", "learning rate": "rate"},
            {
                "seeds": lambda rows: str(len(rows)),
                "clean": median("clean"),
                "PGD-20, eps 0.3": median("robust"),
                f"PGD-20, {STRONGLY} images": median("robust, few"),
                "PGD-100, 8 starts, margin": median("strongest, few"),
            },
        )
    ],
)
