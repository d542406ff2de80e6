"""Between what people send, an image file of any size, and what the networks see: 28 x 28 pixels from 0 to 1."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from data_sets.mnist import SIZE
from models.files import picture_files
from models.vision import strokes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

    from capstan.contract.pixel_budget import PixelBudget

BOX = 20  # MNIST's digits fill a box of 20 x 20 pixels, and their centre of mass is that of the image
PAGE = 256  # pixels of a side in which strokes are found
EDGE, FAINT = 0.2, 0.02  # of the ink, where a stroke ends: on a page, and in an image of MNIST's size
FITS = (BOX - 2, BOX)  # pixels of the longer side that are not scaled: MNIST's own, some of which end in faint pixels
BLANK = 0.02  # the least part of the range from paper to ink


def from_bytes(rows: Iterable[bytes]) -> np.ndarray:
    """Return images of MNIST, 784 bytes each, shape (n, 1, 28, 28), from 0 to 1."""
    flat = np.frombuffer(b"".join(rows), dtype=np.uint8)
    pixels: np.ndarray = flat.reshape(-1, 1, SIZE, SIZE).astype(np.float32) / 255
    return pixels


def ink(pixels: np.ndarray) -> np.ndarray:
    """Return the mean of each image, shape (n,). pixels: shape (n, 1, 28, 28)."""
    means: np.ndarray = pixels.mean(axis=(1, 2, 3)).astype(float)
    return means


def to_png(pixels: bytes) -> bytes:
    """Return an image of MNIST as a PNG file, white on black."""
    from PIL import Image

    stream = io.BytesIO()
    Image.frombytes("L", (SIZE, SIZE), pixels).save(stream, "png")
    return stream.getvalue()


def from_file(content: bytes, budget: PixelBudget | None = None) -> np.ndarray:
    """Return an image file as MNIST would show it, shape (1, 28, 28), from 0 to 1.

    An image of MNIST's size is turned to light on dark; of any other the strokes are found. Then they are cut out,
    scaled into the box and centred, which leaves MNIST's own images as they are. Raises ValueError, in words for the
    sender, when it cannot be read, is blank, shows more than one thing or is over the budget.
    """
    image = picture_files.opened(content, budget).convert("L")
    small = image.size == (SIZE, SIZE)
    seen = centred(_light(image), FAINT) if small else centred(strokes.find(_reduced(image)))
    return seen[None].astype(np.float32)


def _light(image: Image) -> np.ndarray:
    """Return an image of MNIST's size, light on dark from the darkest pixel, shape (28, 28)."""
    shades = np.asarray(image, dtype=np.float32) / 255
    if np.median(shades) > 0.5:  # paper is white
        shades = 1 - shades
    shades = shades - shades.min()
    if shades.max() < BLANK:
        raise ValueError("it is blank: draw a digit")
    return np.asarray(shades)


def _reduced(image: Image) -> np.ndarray:
    """Return an image with at most `PAGE` pixels a side, from 0 to 1, shape (height, width)."""
    from PIL import Image

    scale = PAGE / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=2)
    return np.asarray(image, dtype=np.float32) / 255


def centred(ink: np.ndarray, edge: float = EDGE) -> np.ndarray:
    """Return the ink, scaled into the box, with its centre of mass in the middle, shape (28, 28).

    edge: of the ink, where a stroke ends.
    """
    from PIL import Image

    rows, columns = (np.flatnonzero((ink > edge).any(axis=1 - axis)) for axis in (0, 1))
    if not len(rows):
        raise ValueError("its ink is too thin to be seen: draw with a thicker pen")
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 1.0 if FITS[0] <= max(ink.shape) <= FITS[1] else BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    cut = Image.fromarray((255 * ink).astype(np.uint8))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    values = np.asarray(cut.resize((width, height), way), dtype=np.float32) / 255
    mass = values.sum()
    middle = [float((values.sum(axis=1 - axis) * np.arange(values.shape[axis])).sum() / mass) for axis in (0, 1)]
    top, left = (
        int(np.clip(round(SIZE / 2 - centre), 0, SIZE - side))
        for centre, side in zip(middle, values.shape, strict=True)
    )
    placed = np.zeros((SIZE, SIZE), dtype=np.float32)
    placed[top : top + height, left : left + width] = values
    return placed
