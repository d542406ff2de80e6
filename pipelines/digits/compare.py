"""`python -m pipelines.digits.compare`: networks, their edge variants, and hardened ones under attack, over seeds.

It adds each line to `compare.json` in the folder that it is given, passes over those that are there, and prints the
tables. Nothing is chosen here: all networks learn by the same plan. `--choose` tries other learning rates on the last
10,000 images to train on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from models.study import Line, Study, markdown, options, spread
from models.vision import attacks, hardening, learning, smoothing
from models.vision.networks import NETWORKS
from pipelines.digits import edge, onnx_files, task, training

HARDENED: dict[str, Callable[[], learning.Harden | None]] = {
    "plain": lambda: None,
    "attacked": lambda: hardening.attacked(0.3, rise=400),
    "warmed": lambda: hardening.attacked(0.3),
    "noisy": lambda: hardening.noisy(0.5),
}
TRAINED = {
    "plain": "as the others",
    "warmed": "under attack, full after half",
    "attacked": "under attack, full after 400 batches",
    "noisy": "under noise",
}
EPSILONS = (0.1, 0.2, 0.3)
SIGMA, RADII = 0.5, (0.25, 0.5, 1.0)
ATTACKED, CERTIFIED = 1_000, 300  # the first images of the test
HELD_OUT = 10_000  # of those to train on, to choose by

Images = tuple[torch.Tensor, torch.Tensor]


def learned(name: str, past: Images, test: Images, seed: int) -> Line:
    """Return how a network does, and its variants beside it."""
    plan, began = learning.Plan(seed=seed), time.monotonic()
    network = training.network(name, *past, plan)
    taught = time.monotonic()
    full = onnx_files.exported(network)
    calibration = learning.scaled(past[0][: onnx_files.CALIBRATION]).numpy()
    files = {
        "32 bits": full,
        "8 bits": onnx_files.quantized(full, calibration),
        "edge": edge.variant(network, *past, plan),
    }
    line: Line = {"seconds": taught - began, "edge_seconds": time.monotonic() - taught}
    pixels, labels = learning.scaled(test[0]).numpy(), test[1].numpy()
    line["weights"] = sum(part.numel() for part in network.parameters())
    for kind, content in files.items():
        opened = onnx_files.session(content)
        line[f"{kind}: accuracy"] = float((onnx_files.logits(opened, pixels).argmax(axis=1) == labels).mean())
        line[f"{kind}: bytes"] = len(content)
        line[f"{kind}: ms"] = onnx_files.milliseconds(opened, pixels[0])
    return line


def hardened(name: str, past: Images, test: Images, seed: int) -> Line:
    """Return how a network, hardened in one way, resists PGD-40 and noise."""
    torch.manual_seed(seed)
    plan, began = learning.Plan(seed=seed), time.monotonic()
    network = learning.fit(NETWORKS["cnn"](), *past, plan, harden=HARDENED[name]())
    line: Line = {"seconds": time.monotonic() - began}
    images, labels = learning.scaled(test[0]), test[1]
    line["clean"] = learning.accuracy(network, images, labels)
    some, truth = images[:ATTACKED], labels[:ATTACKED]
    generator = torch.Generator().manual_seed(seed)
    for eps in EPSILONS:
        for kind, attack in (("FGSM", attacks.fgsm), ("PGD-40", attacks.pgd)):
            parts = [attack(network, *pair, eps) for pair in zip(some.split(250), truth.split(250), strict=True)]
            line[f"{kind} {eps}"] = learning.accuracy(network, torch.cat(parts), truth)
    certificates = [smoothing.certify(network, image, SIGMA, generator) for image in images[:CERTIFIED]]
    for radius in RADII:
        right = [
            digit == int(label) and far >= radius for (digit, far), label in zip(certificates, labels, strict=False)
        ]
        line[f"certified {radius}"] = float(np.mean(right))
    return line


def chosen(name: str, past: Images, rate: float) -> float:
    """Return the accuracy on images held out of those to train on."""
    first, held = ((past[0][part], past[1][part]) for part in (slice(0, -HELD_OUT), slice(-HELD_OUT, None)))
    network = training.network(name, *first, learning.Plan(rate=rate))
    return learning.accuracy(network, learning.scaled(held[0]), held[1])


def measure(study: Study, seeds: int, names: list[str]) -> None:
    """Measure a line per network and seed; those that are in the file already stay."""
    past, test = (training.tensors(part["images"]) for part in task.split(task.load(settings().data_dir)))
    todo: list[tuple[Callable[[str, Images, Images, int], Line], str]] = [(learned, name) for name in NETWORKS]
    todo += [(hardened, name) for name in HARDENED]
    for seed in range(seeds):
        for kind, name in todo:
            given = {"kind": kind.__name__, "name": name, "seed": seed}
            if name in names and not study.has(**given):
                study.add(given | kind(name, past, test, seed))


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: networks and their variants; those under attack; those under noise."""
    variants, stress = ("32 bits", "8 bits", "edge"), partial(spread, scale=100, digits=1, middle="median")
    columns = {kind: lambda rows, kind=kind: spread(rows[f"{kind}: accuracy"], 100, 2) for kind in variants}
    columns |= {
        f"kB, {kind}": lambda rows, kind=kind: f"{rows[f'{kind}: bytes'].mean() / 1000:.0f}" for kind in variants
    }
    columns |= {f"ms, {kind}": lambda rows, kind=kind: f"{rows[f'{kind}: ms'].mean():.3f}" for kind in variants}
    served = {"seeds": lambda rows: str(len(rows))} | columns
    clean = {"all, clean": lambda rows: stress(rows["clean"]), "FGSM 0.1": lambda rows: stress(rows["FGSM 0.1"])}
    attacks = {f"PGD-40, eps {eps}": lambda rows, eps=eps: stress(rows[f"PGD-40 {eps}"]) for eps in EPSILONS}
    noise = {f"radius {r}": lambda rows, r=r: stress(rows[f"certified {r}"]) for r in RADII}
    hardened = results[results["kind"] == "hardened"].assign(trained=lambda rows: rows["name"].map(TRAINED))
    return "\n\n".join(
        [
            markdown(results[results["kind"] == "learned"], {"network": "name"}, served),
            markdown(hardened[hardened["name"] != "noisy"], {"trained": "trained"}, clean | attacks),
            markdown(hardened, {"trained": "trained"}, noise),
        ]
    )


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--names", default=",".join([*NETWORKS, *HARDENED]), help="some of them, between commas")
    parser.add_argument("--choose", default="", help="learning rates to try instead, between commas")
    given = parser.parse_args()
    names = given.names.split(",")
    if given.choose:
        past = training.tensors(task.split(task.load(settings().data_dir))[0]["images"])
        for name in filter(names.__contains__, NETWORKS):
            for rate in map(float, given.choose.split(",")):
                print(f"{name}, rate {rate}: {chosen(name, past, rate):.4f}", flush=True)
        return
    study = Study(given.out / "compare.json", ["kind", "name", "seed"])
    measure(study, given.seeds, names)
    medians = study.table().query("kind == 'learned'").groupby("name", sort=False)["32 bits: accuracy"].median()
    print("median accuracy:", ", ".join(f"{name} {value:.4f}" for name, value in medians.items()))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
