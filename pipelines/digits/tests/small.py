"""The first images of MNIST: 6,000 to train on, 1,000 to test on."""

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from data_sets import mnist as images
from pipelines.digits import pixels
from tests.support.data import DATA_DIR
from tests.support.processes import HANG_SECONDS

SETTINGS = {"epochs": 3}
COUNTS = {"train": 6_000, "t10k": 1_000}


def write(folder: Path) -> None:
    """Write the four files, in their own format."""
    (folder / "mnist").mkdir()
    for name, path in images.paths(DATA_DIR).items():
        content = gzip.decompress(path.read_bytes())
        count = COUNTS[Path(name).name.split("-")[0]]
        head, size = (16, 784) if "images" in name else (8, 1)
        part = content[:4] + np.array(count, dtype=">u4").tobytes() + content[8 : head + count * size]
        (folder / name).write_bytes(gzip.compress(part, 1))


def encoded(content: bytes) -> str:
    """Return a file as a request has it."""
    return base64.b64encode(content).decode()


ASKED = {"image": encoded(pixels.to_png(bytes(300) + bytes([255]) * 100 + bytes(384)))}
REFUSED = ({"image": encoded(pixels.to_png(bytes(784)))}, "image")
KNOWN_LATER = ["label"]
ACTUALS = ["1", "7", "no digit"]
CLUSTER = ["workers=2", "epochs=2"]  # on its own Ray cluster, of two workers


def check(run: dict[str, Any], folder: Path) -> None:
    """The edge variant of the version is published for devices."""
    publish = [sys.executable, "-m", "pipelines.digits.over_the_air", "publish", str(folder)]
    done = subprocess.run(publish, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Version {run['version']} is in {folder}")
    assert f"--directory {folder}" in done.stdout.splitlines()[-1]
    released = json.loads((folder / "release.json").read_text())
    assert (folder / f"{run['version']}.onnx").stat().st_size == released["size"]
    no_version = subprocess.run([*publish, "--version=99"], capture_output=True, text=True)
    assert no_version.returncode == 1 and no_version.stderr.startswith("digits has no version 99")
