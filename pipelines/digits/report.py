"""What a run shows of a network, on digits of people whose hands it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from capstan.evaluation import Evaluation, Section
from models import classes
from pipelines.digits import attacks, learning, onnx_files, plots
from pipelines.digits.pixels import from_bytes

if TYPE_CHECKING:
    from pipelines.digits.model import DigitModel

ATTACKED, EPS = 200, 0.1  # images of the test, and the most that a pixel changes
DIGITS = [str(digit) for digit in range(10)]
METHODS = {"FGSM": attacks.fgsm, "PGD-40": attacks.pgd}


def evaluate(model: DigitModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics and the sections of the report."""
    pixels, labels = from_bytes(rows["pixels"]), rows["label"].to_numpy()
    shares = model.probabilities(pixels)
    beside = variants(model, pixels, labels)
    some, truth = torch.from_numpy(pixels[:ATTACKED]), torch.from_numpy(labels[:ATTACKED])
    network = model.network()
    adversarial = {name: attack(network, some, truth, EPS) for name, attack in METHODS.items()}
    fooled = {name: learning.accuracy(network, images, truth) for name, images in adversarial.items()}
    network_size, edge_size = beside["bytes"]
    network_accuracy, edge_accuracy = beside["accuracy"]
    metrics = classes.score(labels, shares) | {
        "edge_accuracy": edge_accuracy,
        "edge_size": edge_size / network_size,
        "edge_loss": network_accuracy - edge_accuracy,
        "fgsm_accuracy": fooled["FGSM"],
        "pgd_accuracy": fooled["PGD-40"],
    }
    answers = learning.answers(network, adversarial["PGD-40"]).numpy()
    text = f"Of the first {ATTACKED} images, no pixel changed by more than {EPS} of its range."
    percent = ", ".join(f"{share:.1%} are still read correctly after {name}" for name, share in fooled.items())
    sections = [
        Section("Beside its edge variant", beside),
        Section("What is read wrong", plots.wrong(pixels, labels, shares)),
        Section("By digit", classes.by_class(labels, shares.argmax(axis=1), DIGITS, "digit")),
        Section("Under attack", f"{text} {percent}."),
        Section("What fools it", plots.fooled(pixels[:ATTACKED], adversarial["PGD-40"].numpy(), labels, answers)),
    ]
    return Evaluation(metrics, sections, pd.DataFrame({"accuracy": (shares.argmax(axis=1) == labels).astype(float)}))


def variants(model: DigitModel, pixels: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return size, time of an answer and accuracy of the network and of its edge variant."""
    lines = []
    for name, content in (("32 bits", model.onnx), ("edge: pruned, 8 bits", model.edge)):
        opened = onnx_files.session(content)
        right = onnx_files.logits(opened, pixels).argmax(axis=1) == labels
        lines.append([name, len(content), onnx_files.milliseconds(opened, pixels[0]), float(right.mean())])
    return pd.DataFrame(lines, columns=["network", "bytes", "milliseconds for one image", "accuracy"])
