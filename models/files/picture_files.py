"""Picture files as people send them: PNG or JPEG, of a bounded size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from capstan.contract.pixel_budget import PixelBudget

LARGEST = 4_096  # pixels of a side; a small file may unpack to gigabytes
SCAN = b"\xff\xda"  # begins a scan of a JPEG
SCANS = 50  # encoders write 20 at most, and each of some 30 bytes goes over all pixels


def opened(content: bytes, budget: PixelBudget | None = None, paper: str = "black", largest: int = LARGEST) -> Image:
    """Return a picture in RGB, turned as its camera says. paper: the colour of what is transparent.

    largest: pixels of a side. Raises ValueError, in words for the sender, when it cannot be read, is too large or is
    over the budget.
    """
    from PIL import Image, ImageOps

    with _in_words():
        file = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
    with file:
        if max(file.size) > largest:
            raise ValueError(
                f"it has {file.width} x {file.height} pixels; at most {largest} a side are read; send it smaller"
            )
        # A JPEG may also open as an MPO, a file of several JPEGs.
        if file.format != "PNG" and content.count(SCAN) > SCANS:
            raise ValueError(f"it has over {SCANS} scans, as no camera or program writes; save it again")
        if budget:
            budget.take(*file.size)
        with _in_words():
            ImageOps.exif_transpose(file, in_place=True)
            if not file.has_transparency_data:
                return file.convert("RGB")
            layers = file.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", layers.size, paper), layers).convert("RGB")


@contextmanager
def _in_words() -> Iterator[None]:
    """Of a damaged file, or of one that claims too many pixels, the readers raise any kind of error."""
    try:
        yield
    except MemoryError:
        raise ValueError("it takes too much memory to read; send it smaller") from None
    except Exception as error:
        raise ValueError(
            f"it is not a PNG or JPEG image that can be read ({type(error).__name__}); save it again"
        ) from None
