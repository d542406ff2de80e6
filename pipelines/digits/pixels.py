"""Between what people send, an image file of any size, and what the networks see: 28 x 28 pixels from 0 to 1."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from pipelines.digits.images import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

    from capstan.pixel_budget import PixelBudget

LARGEST = 4_096  # pixels of a side; a small file may unpack to gigabytes
BOX = 20  # MNIST's digits fill a box of 20 x 20 pixels, and their centre of mass is that of the image
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

    An image of MNIST's size stays as it is. Any other is turned to light on dark, cut to its ink, scaled into the box
    and centred. Raises ValueError, in words for the sender, when it cannot be read, is blank or is over the budget.
    """
    image = _open(content, budget)
    shades = _shades(np.asarray(image.histogram()))
    seen = shades[np.asarray(image)] if image.size == (SIZE, SIZE) else _centred(image, shades)
    return seen[None].astype(np.float32)


def _open(content: bytes, budget: PixelBudget | None) -> Image:
    """Return the image in shades of grey; what is transparent is black."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as opened:
            if max(opened.size) > LARGEST:
                raise ValueError(f"it has {opened.width} x {opened.height} pixels; at most {LARGEST} a side are read")
            if budget:
                budget.take(*opened.size)
            if not opened.has_transparency_data:
                return opened.convert("L")
            layers = opened.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", layers.size, "black"), layers).convert("L")
    except ValueError:
        raise
    except Exception as error:  # of a damaged file, or of one that claims too many pixels, its readers raise any kind
        raise ValueError(f"it is not a PNG or JPEG image that can be read ({type(error).__name__})") from None


def _shades(counts: np.ndarray) -> np.ndarray:
    """Return how light each of 256 greys is, from paper to ink, by how many pixels have it, shape (256,).

    A table of the greys takes a fraction of the time that all pixels of a photograph take. Raises ValueError when the
    image is blank.
    """
    shades, present = np.arange(256, dtype=np.float32) / 255, np.flatnonzero(counts)
    total = counts.sum()
    middle = np.searchsorted(np.cumsum(counts), [(total - 1) // 2, total // 2], side="right")
    if shades[middle].mean() > 0.5:  # paper is white
        shades = 1 - shades
    shades -= shades[present].min()
    if shades[present].max() < BLANK:
        raise ValueError("it is blank: draw a digit")
    return shades


def _centred(image: Image, shades: np.ndarray) -> np.ndarray:
    """Return the ink, scaled into the box, with its centre of mass in the middle, shape (28, 28)."""
    from PIL import Image

    lightest = shades[np.flatnonzero(image.histogram())].max()
    shades = (shades / lightest).clip(0, 1)
    ink = image.crop(image.point([255 * int(shade > 0.2) for shade in shades]).getbbox())
    ink = ink.point([int(255 * shade) for shade in shades])
    scale = BOX / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    values = np.asarray(ink.resize((width, height), Image.Resampling.BOX), dtype=np.float32) / 255
    mass = values.sum()
    if not mass:
        raise ValueError("its ink is too thin to be seen: draw with a thicker pen")
    middle = [float((values.sum(axis=1 - axis) * np.arange(values.shape[axis])).sum() / mass) for axis in (0, 1)]
    top, left = (
        int(np.clip(round((SIZE - 1) / 2 - centre), 0, SIZE - side))
        for centre, side in zip(middle, values.shape, strict=True)
    )
    placed = np.zeros((SIZE, SIZE), dtype=np.float32)
    placed[top : top + height, left : left + width] = values
    return placed
