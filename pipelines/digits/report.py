"""What a run shows of a network, on digits of people whose hands it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import classes, paired
from models.vision import attacks, learning, onnx_networks
from pipelines.digits import cards, others, pages, plots
from pipelines.digits.pixels import from_bytes

if TYPE_CHECKING:
    from pipelines.digits.model import DigitModel

ATTACKED, EPS = 200, 0.02  # images of the test, and the most that a pixel changes
STEPS, RESTARTS = 20, 2  # of the attack
PAGES = 130  # images of the test that are put on simulated pages
OTHERS = 20  # of each kind of what is no digit
CLASSES = [str(digit) for digit in range(10)]


def evaluate(model: DigitModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics, those by image, and the sections of the report."""
    pixels, labels = from_bytes(rows["pixels"]), rows["label"].to_numpy()
    shares, known = model.answers(pixels)
    right = (shares.argmax(axis=1) == labels).astype(float)  # of the network: the answer "no digit" does not count
    compared = variants(model, pixels, labels)
    adversarial, answers = attacked(model, pixels[:ATTACKED], labels[:ATTACKED])
    read = on_pages(model, pixels[:PAGES], labels[:PAGES])
    units = pd.DataFrame(
        {
            "accuracy": right,
            "robust_accuracy": of_the_first(answers == labels[: len(answers)], len(rows)),
            "read_on_pages": of_the_first(read["read"].to_numpy(), len(rows)),
            "digits_refused": (~known).astype(float),
        }
    )
    network_size, edge_size = compared["bytes"]
    network_accuracy, edge_accuracy = compared["accuracy"]
    strange = no_digits(model)
    metrics = classes.score(labels, shares) | units.mean().to_dict() | {
        "others_refused": float(strange["refused"].mean()),
        "edge_accuracy": edge_accuracy,
        "edge_size": edge_size / network_size,
        "edge_loss": network_accuracy - edge_accuracy,
    }  # fmt: skip
    nearest = (model.nearest.digits(pixels) == labels).astype(float)
    text = (
        f"Of the first {len(answers)} images, no pixel changed by more than {EPS} of its range, "
        f"{metrics['robust_accuracy']:.1%} are still read correctly: PGD of {STEPS} steps and {RESTARTS} starts."
    )
    sections = [
        Section("The network and its edge variant", compared),
        Section("What is read wrong", plots.wrong(pixels, labels, shares)),
        Section("By digit", classes.by_class(labels, shares.argmax(axis=1), CLASSES, "digit")),
        Section("On simulated pages", read.groupby("page", sort=False, as_index=False).mean()),
        Section("What is no digit", strange),
        Section("Under attack", text),
        Section("What fools it", plots.fooled(pixels[:ATTACKED], adversarial, labels, answers)),
        *cards.sections(model, rows, metrics),
    ]
    baselines = {"nearest neighbours": pd.DataFrame({"accuracy": nearest})}
    return Evaluation(metrics, sections, units, baselines)


def attacked(model: DigitModel, pixels: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return images after an attack, and the digits that are read then."""
    network, truth = model.network(), torch.from_numpy(labels)
    generator = torch.Generator().manual_seed(0)
    images = torch.from_numpy(pixels)
    adversarial = attacks.strongest(network, images, truth, EPS, steps=STEPS, restarts=RESTARTS, generator=generator)
    return adversarial.numpy(), learning.answers(network, adversarial).numpy()


def on_pages(model: DigitModel, pixels: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return for each image its `page`, all kinds in turn, and whether it was `read`, `refused` or read `wrong`."""
    outcomes, random, kinds = [], np.random.default_rng(0), list(pages.KINDS)
    for place, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        kind = kinds[place % len(kinds)]
        content = pages.photographed((255 * image).round().astype(np.uint8).tobytes(), kind, random)
        outcomes.append([kind, *pages.outcome(model, content, str(label))])
    return pd.DataFrame(outcomes, columns=["page", "read", "refused", "wrong"])


def no_digits(model: DigitModel) -> pd.DataFrame:
    """Return the share of each kind of other things that is answered with "no digit"."""
    shares, random = [], np.random.default_rng(1)
    for kind, draw in others.TESTED_ON.items():
        things = np.stack([draw(random) for _ in range(OTHERS)])[:, None]
        shares.append([kind, float((~model.answers(things)[1]).mean())])
    return pd.DataFrame(shares, columns=["thing", "refused"])


def of_the_first(values: np.ndarray, count: int) -> np.ndarray:
    """Return a metric that only the first of `count` images have, as a value for each image, shape (count,).

    values: of the first images. The others get their mean, so the mean over all stays right, and so does its error.
    """
    inside = (np.arange(count) < len(values)).astype(float)
    return paired.ratio(np.pad(values.astype(float), (0, count - len(values))), inside)


def variants(model: DigitModel, pixels: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return size, time of an answer and accuracy of the network and of its edge variant."""
    lines = []
    for name, content in (("32 bits", model.onnx), ("edge: pruned, 8 bits", model.edge)):
        opened = onnx_networks.session(content)
        right = onnx_networks.logits(opened, pixels).argmax(axis=1) == labels
        lines.append([name, len(content), onnx_networks.milliseconds(opened, pixels[0]), float(right.mean())])
    return pd.DataFrame(lines, columns=["network", "bytes", "milliseconds for one image", "accuracy"])
