"""MNIST: 70,000 digits that 500 people wrote, as 28 x 28 pixels. https://yann.lecun.com/exdb/mnist

By Yann LeCun, Corinna Cortes and Christopher Burges. Its home no longer serves the files; PyTorch's mirror has them.
Mirrors compress them differently, so the checksums are those of the unpacked files.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"
SIZE = 28  # pixels
# File -> SHA-256 of what it holds.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
KINDS = {0x0803: 3, 0x0801: 1}  # the magic number of a file of unsigned bytes -> its dimensions


def paths(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the four compressed files by name, downloaded where they are not here."""
    files = {}
    for name in FILES:
        key = f"mnist/{name}.gz"
        files[key] = downloads.find(key, data_dir) or downloads.fetch(f"{MIRROR}/{name}.gz", key)
    return files


def table(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per image: `pixels` (784 bytes, 0 is paper, 255 is ink), `label` and `part`, "train" or "t10k".

    Raises CapstanError for a file that is not the known one, unless the folder `data_dir` has it: it may be a part.
    """
    import pandas as pd

    files = paths(data_dir)
    frames = []
    for part in ("train", "t10k"):
        images, labels = (
            read(files[f"mnist/{name}.gz"], FILES[name], data_dir) for name in FILES if name.startswith(part)
        )
        if len(images) != len(labels):
            raise CapstanError(f"MNIST has {len(images)} images and {len(labels)} labels of {part}. Replace the files.")
        frames.append(pd.DataFrame({"pixels": [image.tobytes() for image in images], "label": labels.astype(int)}))
        frames[-1]["part"] = part
    return pd.concat(frames, ignore_index=True)


def read(path: Path, sha256: str, data_dir: Path | None) -> np.ndarray:
    """Return what a compressed IDX file holds: bytes, shape (n, 28, 28) or (n,).

    Its head is a magic number and the sizes, as big-endian 32-bit integers.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise CapstanError(f"{path} is not a readable gzip file ({error}). Remove or replace it.") from error
    provided = data_dir is not None and path.is_relative_to(data_dir)
    if not provided and hashlib.sha256(content).hexdigest() != sha256:
        raise CapstanError(f"{path} does not hold the file of MNIST that is known. Remove it, and run again.")
    head = np.frombuffer(content[: min(16, len(content) // 4 * 4)], dtype=">u4")
    dimensions = KINDS.get(int(head[0]), 0) if len(head) else 0
    sizes = head[1 : dimensions + 1].tolist()
    body = np.frombuffer(content, dtype=np.uint8, offset=min(4 * (dimensions + 1), len(content)))
    if not dimensions or len(body) != np.prod(sizes) or sizes[1:] not in ([], [SIZE, SIZE]):
        raise CapstanError(f"{path} is not an IDX file of 28 x 28 images or of labels. Remove or replace it.")
    return body.reshape(sizes)
