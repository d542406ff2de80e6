"""`python -m pipelines.digits.served`: what is served, as people use it: photographs, other things, and attacks.

It trains the model of a run on the first images to train on, and measures it on images of the test: how sure it is, how
many it refuses; digits on each kind of simulated page; other things; and PGD of 100 steps with 8 starts, half of them
along the margin, beside PGD of 40 steps with one. It adds each line to `served.json`, passes over those that are there,
and prints the tables. Nothing is chosen here.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from models.metrics import classes
from models.study import Line, Study, markdown, options, spread
from models.vision import attacks, learning
from models.vision import temperature as calibration
from pipelines.digits import onnx_files, others, pages, task, training
from pipelines.digits.model import DigitModel
from pipelines.digits.pixels import from_bytes

IMAGES, EPOCHS = 20_000, 4  # of the training
PAGES, THINGS, ATTACKED = 200, 500, 100  # images on each kind of page, things of each kind, images under attack
EPSILONS = (0.05, 0.1)


def digits(model: DigitModel, rows: pd.DataFrame, seed: int) -> list[Line]:
    """Return how it reads digits as MNIST shows them, and how sure it is, before and after the temperature."""
    pixels, labels = from_bytes(rows["pixels"]), rows["label"].to_numpy()
    shares, known = model.answers(pixels)
    raw = classes.score(labels, calibration.probabilities(onnx_files.logits(model.session, pixels), 1.0))
    scores = classes.score(labels, shares)
    nearest = float((model.nearest.digits(pixels) == labels).mean())
    return [
        {
            "kind": "digits",
            "name": model.name,
            "seed": seed,
            "rows": len(rows),
            "accuracy": scores["accuracy"],
            "nearest": nearest,
            "refused": float((~known).mean()),
            "temperature": model.temperature,
            "error before": raw["calibration_error"],
            "error after": scores["calibration_error"],
        }
    ]


def photographs(model: DigitModel, rows: pd.DataFrame, seed: int) -> list[Line]:
    """Return for each kind of page how many photographs are read, refused and read wrong."""
    lines, random = [], np.random.default_rng(seed)
    for kind in pages.KINDS:
        some = rows.iloc[random.permutation(len(rows))[:PAGES]]
        outcomes = [
            pages.outcome(model, pages.photographed(content, kind, random), str(label))
            for content, label in zip(some["pixels"], some["label"], strict=True)
        ]
        read, refused, wrong = np.mean(outcomes, axis=0).tolist()
        line = {"kind": "page", "name": kind, "seed": seed, "rows": PAGES}
        lines.append(line | {"read": read, "refused": refused, "wrong": wrong})
    return lines


def things(model: DigitModel, seed: int) -> list[Line]:
    """Return for each kind of other things how many are answered with "no digit"."""
    lines, random = [], np.random.default_rng(seed)
    for kind, draw in others.TESTED_ON.items():
        drawn = np.stack([draw(random) for _ in range(THINGS)])[:, None]
        refused = float((~model.answers(drawn.astype(np.float32))[1]).mean())
        lines.append({"kind": "thing", "name": kind, "seed": seed, "rows": THINGS, "refused": refused})
    return lines


def stress(model: DigitModel, rows: pd.DataFrame, seed: int) -> list[Line]:
    """Return how many of the first images are read under two attacks."""
    network, some = model.network(), rows.head(ATTACKED)
    images, truth = torch.from_numpy(from_bytes(some["pixels"])), torch.from_numpy(some["label"].to_numpy())
    line: Line = {"kind": "attack", "name": model.name, "seed": seed, "rows": ATTACKED}
    for eps in EPSILONS:
        generator = torch.Generator().manual_seed(seed)
        once = attacks.pgd(network, images, truth, eps, generator=generator)
        line[f"PGD-40 {eps}"] = learning.accuracy(network, once, truth)
        often = attacks.strongest(network, images, truth, eps, generator=generator)
        line[f"strongest {eps}"] = learning.accuracy(network, often, truth)
    return [line]


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: digits, pages, other things, attacks."""

    def percent(name: str, digits: int = 1) -> Any:
        return lambda rows: spread(rows[name], 100, digits)

    counts: dict[str, Any] = {
        "seeds": lambda rows: str(len(rows)),
        "images": lambda rows: f"{rows['rows'].iloc[0]:.0f}",
    }
    kinds = {kind: results[results["kind"] == kind] for kind in ("digits", "page", "thing", "attack")}
    sure = {"read": percent("accuracy", 2), "nearest neighbours": percent("nearest", 2)}
    sure |= {"digits refused": percent("refused", 2)}
    sure |= {f"calibration error {when}": percent(f"error {when}", 2) for when in ("before", "after")}
    attack = {
        f"{title}, eps {eps}": percent(f"{name} {eps}")
        for eps in EPSILONS
        for title, name in (("PGD-40", "PGD-40"), ("PGD-100, 8 starts, margin", "strongest"))
    }
    return "\n\n".join(
        [
            markdown(kinds["digits"], {"network": "name"}, counts | sure),
            markdown(kinds["page"], {"page": "name"}, counts | {name: percent(name) for name in OUTCOMES}),
            markdown(kinds["thing"], {"no digit": "name"}, counts | {"refused": percent("refused")}),
            markdown(kinds["attack"], {"attacked": "name"}, counts | attack),
        ]
    )


OUTCOMES = ("read", "refused", "wrong")


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    past, test = (part["images"] for part in task.split(task.load(settings().data_dir)))
    study = Study(given.out / "served.json", ["kind", "name", "seed"])
    for seed in range(given.seeds):
        if study.has(kind="attack", seed=seed):
            continue
        began = time.process_time()
        model = training.train(past.head(IMAGES), "cnn", learning.Plan(epochs=EPOCHS, seed=seed), workers=0)
        lines = [*digits(model, test, seed), *photographs(model, test, seed), *things(model, seed)]
        lines += stress(model, test, seed)
        lines[0]["processor seconds"] = round(time.process_time() - began)
        study.add(*lines)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
