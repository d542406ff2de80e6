"""Between what people send, an image file of any size, and what the networks see: 28 x 28 pixels from 0 to 1."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from pipelines.digits.images import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

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


def from_file(content: bytes) -> np.ndarray:
    """Return an image file as MNIST would show it, shape (1, 28, 28), from 0 to 1.

    An image of MNIST's size stays as it is. Any other is turned to light on dark, cut to its ink, scaled into the box
    and centred. Raises ValueError, in words for the sender, when it cannot be read or is blank.
    """
    image = _open(content)
    grey = np.asarray(image, dtype=np.float32) / 255
    if np.median(grey) > 0.5:  # paper is white
        grey = 1 - grey
    grey -= grey.min()
    if grey.max() < BLANK:
        raise ValueError("it is blank: draw a digit")
    if image.size != (SIZE, SIZE):
        grey = _centred(grey / grey.max())
    return grey[None].astype(np.float32)


def _open(content: bytes) -> Image:
    """Return the image in shades of grey; what is transparent is black."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as opened:
            if max(opened.size) > LARGEST:
                raise ValueError(f"it has {opened.width} x {opened.height} pixels; at most {LARGEST} a side are read")
            layers = opened.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", layers.size, "black"), layers).convert("L")
    except ValueError:
        raise
    except Exception as error:  # of a damaged file, or of one that claims too many pixels, its readers raise any kind
        raise ValueError(f"it is not a PNG or JPEG image that can be read ({type(error).__name__})") from None


def _centred(grey: np.ndarray) -> np.ndarray:
    """Return the ink, scaled into the box, with its centre of mass in the middle, shape (28, 28)."""
    from PIL import Image

    rows, columns = np.nonzero(grey > 0.2)
    ink = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = BOX / max(ink.shape)
    width, height = (max(1, round(side * scale)) for side in reversed(ink.shape))
    small = Image.fromarray((ink * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32) / 255
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
