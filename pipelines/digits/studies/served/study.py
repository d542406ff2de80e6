"""How does what is served do as people use it: on photographs, on other things, and under attack?

It trains the model of a run on the first images to train on, and measures it on images of the test: how sure it is, how
many digits it refuses, digits of half the size in the same image, digits on each kind of simulated page, other things,
and PGD of 100 steps with 8 starts, half of them along the margin, next to PGD of 40 steps with one. Nothing is chosen
here.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
import torch
from PIL import Image

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from data_sets.mnist import SIZE
from models.metrics import classes
from models.vision import attacks, learning, onnx_networks
from models.vision import temperature as calibration
from pipelines.digits import others, pages, task, training
from pipelines.digits.model import DigitModel
from pipelines.digits.pixels import from_bytes

IMAGES, EPOCHS = 20_000, 4  # of the training
# Images of half the size, images on each kind of page, things of each kind, images under attack
HALVES, PAGES, THINGS, ATTACKED = 1_000, 200, 500, 100
EPSILONS = (0.05, 0.1)


@cache
def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the images to train on, and those to test on."""
    past, test = (part["images"] for part in task.split(task.load(settings().data_dir)))
    return past, test


def digits(model: DigitModel, rows: pd.DataFrame) -> list[Line]:
    """Return how it reads digits as MNIST shows them, and how sure it is, before and after the temperature."""
    pixels, labels = from_bytes(rows["pixels"]), rows["label"].to_numpy()
    shares, known = model.answers(pixels)
    raw = classes.score(labels, calibration.probabilities(onnx_networks.logits(model.session, pixels), 1.0))
    scores = classes.score(labels, shares)
    nearest = float((model.nearest.digits(pixels) == labels).mean())
    return [
        {
            "part": "digits",
            "name": model.name,
            "rows": len(rows),
            "accuracy": scores["accuracy"],
            "nearest": nearest,
            "refused": float((~known).mean()),
            "answered": float(((shares.argmax(axis=1) == labels) & known).mean()),
            "temperature": model.temperature,
            "error before": raw["calibration_error"],
            "error after": scores["calibration_error"],
        }
    ]


def halved(content: bytes, random: np.random.Generator) -> bytes:
    """Return a PNG of the same size with a digit of half the height, anywhere in it."""
    image = Image.frombytes("L", (SIZE, SIZE), content).resize((SIZE // 2, SIZE // 2), Image.Resampling.BOX)
    placed, stream = Image.new("L", (SIZE, SIZE)), io.BytesIO()
    placed.paste(image, tuple(random.integers(0, SIZE // 2 + 1, 2).tolist()))
    placed.save(stream, "png")
    return stream.getvalue()


def halves(model: DigitModel, rows: pd.DataFrame, seed: int) -> list[Line]:
    """Return how many digits of half the size are read, refused and read wrong."""
    random, some = np.random.default_rng(seed), rows.head(HALVES)
    pairs = zip(some["pixels"], some["label"], strict=True)
    outcomes = [pages.outcome(model, halved(content, random), str(label)) for content, label in pairs]
    read, refused, wrong = np.mean(outcomes, axis=0).tolist()
    line = {"part": "half", "name": "half the size, anywhere", "rows": HALVES}
    return [line | {"read": read, "refused": refused, "wrong": wrong}]


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
        line = {"part": "page", "name": kind, "rows": PAGES}
        lines.append(line | {"read": read, "refused": refused, "wrong": wrong})
    return lines


def things(model: DigitModel, seed: int) -> list[Line]:
    """Return for each kind of other things how many are answered with "no digit"."""
    lines, random = [], np.random.default_rng(seed)
    for kind, draw in others.TESTED_ON.items():
        drawn = np.stack([draw(random) for _ in range(THINGS)])[:, None]
        refused = float((~model.answers(drawn.astype(np.float32))[1]).mean())
        lines.append({"part": "thing", "name": kind, "rows": THINGS, "refused": refused})
    return lines


def stress(model: DigitModel, rows: pd.DataFrame, seed: int) -> list[Line]:
    """Return how many of the first images are read under two attacks."""
    network, some = model.network(), rows.head(ATTACKED)
    images, truth = torch.from_numpy(from_bytes(some["pixels"])), torch.from_numpy(some["label"].to_numpy())
    line: Line = {"part": "attack", "name": model.name, "rows": ATTACKED}
    for eps in EPSILONS:
        generator = torch.Generator().manual_seed(seed)
        once = attacks.pgd(network, images, truth, eps, generator=generator)
        line[f"PGD-40 {eps}"] = learning.accuracy(network, once, truth)
        often = attacks.strongest(network, images, truth, eps, generator=generator)
        line[f"strongest {eps}"] = learning.accuracy(network, often, truth)
    return [line]


def served(seed: int) -> Iterator[Line]:
    """Yield all lines of a model."""
    past, test = parts()
    began = time.process_time()
    model = training.train(past.head(IMAGES), "cnn", learning.Plan(epochs=EPOCHS, seed=seed), workers=0)
    lines = [
        *digits(model, test),
        *halves(model, test, seed),
        *photographs(model, test, seed),
        *things(model, seed),
        *stress(model, test, seed),
    ]
    lines[0]["processor seconds"] = round(time.process_time() - began)
    yield from lines


def percent(name: str, digits: int = 1) -> Show:
    """Return what shows a share in percent."""
    return lambda rows: spread(rows[name], 100, digits)


COUNTS: dict[str, Show] = {
    "seeds": lambda rows: str(len(rows)),
    "images": lambda rows: f"{rows['rows'].iloc[0]:.0f}",
}
SURE: dict[str, Show] = {
    "named right, without the guard": percent("accuracy", 2),
    "get their digit": percent("answered", 2),
    "nearest neighbours": percent("nearest", 2),
    "digits refused": percent("refused", 2),
    "calibration error before": percent("error before", 2),
    "calibration error after": percent("error after", 2),
}
OUTCOMES: dict[str, Show] = {name: percent(name) for name in ("read", "refused", "wrong")}
ATTACKS: dict[str, Show] = {
    f"{title}, eps {eps}": percent(f"{name} {eps}")
    for eps in EPSILONS
    for title, name in (("PGD-40", "PGD-40"), ("PGD-100, 8 starts, margin", "strongest"))
}
STUDY = Study(
    measures=[Measure(served)],
    tables=[
        Table({"network": "name"}, COUNTS | SURE, "digits"),
        Table({"28 x 28 pixels": "name"}, COUNTS | OUTCOMES, "half"),
        Table({"page": "name"}, COUNTS | OUTCOMES, "page"),
        Table({"no digit": "name"}, COUNTS | {"refused": percent("refused")}, "thing"),
        Table({"attacked": "name"}, COUNTS | ATTACKS, "attack"),
    ],
)
