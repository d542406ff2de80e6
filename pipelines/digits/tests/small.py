"""The first images of MNIST: 8,000 to train on, 1,000 to test on."""

import base64
import gzip
from pathlib import Path

import numpy as np

from pipelines.digits import images, pixels
from tests.support.data import DATA_DIR

SETTINGS = {"epochs": 3}
COUNTS = {"train": 8_000, "t10k": 1_000}


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
