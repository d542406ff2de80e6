"""Which network reads the most digits, and which withstands attacks and noise?

- learned: the three networks by the same plan, in 32 and 8 bits, and their edge variants;
- hardened: the convolutional network, trained as the others, under attack and under noise. The attack has its full
  strength after 400 batches; `warmup` shows why this is too early, and the plan of today takes half of the training.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.vision import attacks, edge, hardening, learning, onnx_networks, smoothing
from models.vision.networks import NETWORKS
from pipelines.digits import task, training

HARDENED: dict[str, Callable[[], learning.Harden | None]] = {
    "plain": lambda: None,
    "attacked": lambda: hardening.attacked(0.3, rise=400),
    "noisy": lambda: hardening.noisy(0.5),
}
TRAINED = {
    "plain": "as the others",
    "attacked": "under attack, full after 400 batches",
    "noisy": "under noise",
}
EPSILONS = (0.1, 0.2, 0.3)
SIGMA, RADII = 0.5, (0.25, 0.5, 1.0)
ATTACKED, CERTIFIED = 1_000, 300  # the first images of the test
VARIANTS = ("32 bits", "8 bits", "edge")
Images = tuple[torch.Tensor, torch.Tensor]


@cache
def images() -> tuple[Images, Images]:
    """Return the images to train on and those to test on, each with their labels."""
    past, test = (training.tensors(part["images"]) for part in task.split(task.load(settings().data_dir)))
    return past, test


def learned(name: str, seed: int) -> Line:
    """Return how a network does, and its variants."""
    past, test = images()
    plan, began = learning.Plan(seed=seed), time.monotonic()
    network = training.network(name, *past, plan)
    taught = time.monotonic()
    full = onnx_networks.exported(network)
    calibration = learning.scaled(past[0][: onnx_networks.CALIBRATION]).numpy()
    files = {
        "32 bits": full,
        "8 bits": onnx_networks.quantized(full, calibration),
        "edge": edge.variant(network, *past, plan),
    }
    line: Line = {"seconds": taught - began, "edge_seconds": time.monotonic() - taught}
    pixels, labels = learning.scaled(test[0]).numpy(), test[1].numpy()
    line["weights"] = sum(part.numel() for part in network.parameters())
    for kind, content in files.items():
        opened = onnx_networks.session(content)
        line[f"{kind}: accuracy"] = float((onnx_networks.logits(opened, pixels).argmax(axis=1) == labels).mean())
        line[f"{kind}: bytes"] = len(content)
        line[f"{kind}: ms"] = onnx_networks.milliseconds(opened, pixels[0])
    return line


def hardened(name: str, seed: int) -> Line:
    """Return how a network, hardened in one way, resists PGD-40 and noise."""
    past, test = images()
    torch.manual_seed(seed)
    plan, began = learning.Plan(seed=seed), time.monotonic()
    network = learning.fit(NETWORKS["cnn"](), *past, plan, harden=HARDENED[name]())
    line: Line = {"seconds": time.monotonic() - began}
    pixels, labels = learning.scaled(test[0]), test[1]
    line["clean"] = learning.accuracy(network, pixels, labels)
    some, truth = pixels[:ATTACKED], labels[:ATTACKED]
    generator = torch.Generator().manual_seed(seed)
    for eps in EPSILONS:
        for kind, attack in (("FGSM", attacks.fgsm), ("PGD-40", attacks.pgd)):
            parts = [attack(network, *pair, eps) for pair in zip(some.split(250), truth.split(250), strict=True)]
            line[f"{kind} {eps}"] = learning.accuracy(network, torch.cat(parts), truth)
    certificates = [smoothing.certify(network, image, SIGMA, generator) for image in pixels[:CERTIFIED]]
    for radius in RADII:
        right = [
            digit == int(label) and far >= radius for (digit, far), label in zip(certificates, labels, strict=False)
        ]
        line[f"certified {radius}"] = float(np.mean(right))
    return line


def share(name: str) -> Show:
    """Return what shows the median of a share, in percent."""
    return lambda rows: spread(rows[name], 100, 1, "median")


def right(name: str) -> Show:
    """Return what shows an accuracy, in percent."""
    return lambda rows: spread(rows[name], 100, 2)


def mean(name: str, scale: float, digits: int) -> Show:
    """Return what shows a mean."""
    return lambda rows: f"{scale * rows[name].mean():.{digits}f}"


def named(lines: pd.DataFrame, attacked: bool) -> pd.DataFrame:
    """Return the lines of hardened networks with their titles. attacked: without the one trained under noise."""
    lines = lines.assign(trained=lines["name"].map(TRAINED))
    return lines[lines["name"] != "noisy"] if attacked else lines


READ: dict[str, Show] = {"seeds": lambda rows: str(len(rows))}
READ |= {kind: right(f"{kind}: accuracy") for kind in VARIANTS}
READ |= {f"kB, {kind}": mean(f"{kind}: bytes", 1e-3, 0) for kind in VARIANTS}
READ |= {f"ms, {kind}": mean(f"{kind}: ms", 1, 3) for kind in VARIANTS}
STRESS: dict[str, Show] = {"all, clean": share("clean"), "FGSM 0.1": share("FGSM 0.1")}
STRESS |= {f"PGD-40, eps {eps}": share(f"PGD-40 {eps}") for eps in EPSILONS}
CERTIFIED_AT: dict[str, Show] = {f"radius {radius}": share(f"certified {radius}") for radius in RADII}
STUDY = Study(
    measures=[
        Measure(learned, [{"name": name} for name in NETWORKS]),
        Measure(hardened, [{"name": name} for name in HARDENED]),
    ],
    tables=[
        Table({"network": "name"}, READ, "learned"),
        Table({"trained": "trained"}, STRESS, "hardened", partial(named, attacked=True)),
        Table({"trained": "trained"}, CERTIFIED_AT, "hardened", partial(named, attacked=False)),
    ],
)
