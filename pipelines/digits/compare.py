"""`python -m pipelines.digits.compare`: networks, their edge variants, and hardened ones under attack, over seeds.

It adds each line to `compare.json` in the folder that it is given, passes over those that are there, and prints the
tables. Nothing is chosen here: all networks learn by the same plan. `--choose` tries other learning rates on the last
10,000 images to train on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from models.seeds import spread
from pipelines.digits import attacks, edge, hardening, learning, onnx_files, smoothing, task, training
from pipelines.digits.networks import NETWORKS

HARDENED: dict[str, Callable[[], learning.Harden | None]] = {
    "plain": lambda: None,
    "attacked": lambda: hardening.attacked(0.3),
    "noisy": lambda: hardening.noisy(0.5),
}
EPSILONS = (0.1, 0.2, 0.3)
SIGMA, RADII = 0.5, (0.25, 0.5, 1.0)
ATTACKED, CERTIFIED = 1_000, 300  # the first images of the test
HELD_OUT = 10_000  # of those to train on, to choose by

Images = tuple[torch.Tensor, torch.Tensor]
Line = dict[str, Any]


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


def measure(out: Path, seeds: int, names: list[str]) -> pd.DataFrame:
    """Return a line per network and seed; those that are in the file already come from there."""
    past, test = (training.tensors(part["images"]) for part in task.split(task.load(settings().data_dir)))
    path = out / "compare.json"
    lines: list[Line] = json.loads(path.read_text()) if path.exists() else []
    todo: list[tuple[Callable[[str, Images, Images, int], Line], str]] = [(learned, name) for name in NETWORKS]
    todo += [(hardened, name) for name in HARDENED]
    for seed in range(seeds):
        for kind, name in todo:
            given = {"kind": kind.__name__, "name": name, "seed": seed}
            if name not in names or any(given.items() <= line.items() for line in lines):
                continue
            lines.append(given | kind(name, past, test, seed))
            print(
                {key: round(value, 4) if isinstance(value, float) else value for key, value in lines[-1].items()},
                flush=True,
            )
            out.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(lines, indent=1) + "\n")
    return pd.DataFrame(lines)


def markdown(table: pd.DataFrame, kind: str, columns: Mapping[str, tuple[str, float, int]]) -> str:
    """Return a table of the README: a line per network. columns: title -> the field, what to scale it by, digits."""
    lines = [f"| network | seeds | {' | '.join(columns)} |", f"| --- | ---: |{' ---: |' * len(columns)}"]
    for name, found in table[table["kind"] == kind].groupby("name", sort=False):
        cells = [spread(found[field], scale, digits) for field, scale, digits in columns.values()]
        lines.append(f"| {name} | {len(found)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--names", default=",".join([*NETWORKS, *HARDENED]), help="some of them, between commas")
    parser.add_argument("--choose", default="", help="learning rates to try instead, between commas")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    names = given.names.split(",")
    if given.choose:
        past = training.tensors(task.split(task.load(settings().data_dir))[0]["images"])
        for name in filter(names.__contains__, NETWORKS):
            for rate in map(float, given.choose.split(",")):
                print(f"{name}, rate {rate}: {chosen(name, past, rate):.4f}", flush=True)
        return
    table = measure(given.out, given.seeds, names)
    medians = table[table["kind"] == "learned"].groupby("name", sort=False)["32 bits: accuracy"].median()
    print("median accuracy:", ", ".join(f"{name} {value:.4f}" for name, value in medians.items()))
    percent = {kind: (f"{kind}: accuracy", 100, 2) for kind in ("32 bits", "8 bits", "edge")}
    sizes = {f"kB, {kind}": (f"{kind}: bytes", 0.001, 0) for kind in percent}
    times = {f"ms, {kind}": (f"{kind}: ms", 1, 3) for kind in percent}
    print(markdown(table, "learned", percent | sizes | times | {"s to learn": ("seconds", 1, 0)}))
    stress = ["clean", *(f"PGD-40 {eps}" for eps in EPSILONS), *(f"certified {radius}" for radius in RADII)]
    print(markdown(table, "hardened", {name: (name, 100, 1) for name in stress} | {"s": ("seconds", 1, 0)}))


if __name__ == "__main__":
    main()
