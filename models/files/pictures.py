"""Words on a picture, read by OCR, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files import ocr, picture_files
from models.files.layout import Word
from models.files.limits import Limits, Refused

if TYPE_CHECKING:
    from PIL.Image import Image

    from capstan.contract.pixel_budget import PixelBudget

LEAST = 0.5  # how sure the reader has to be of a line


def opened(content: bytes, limits: Limits, budget: PixelBudget | None = None) -> Image:
    """Return a PNG or JPEG. Raises Refused for one that is damaged, has huge sides or is over the budget."""
    try:
        return picture_files.opened(content, budget, "white", limits.side)
    except ValueError as error:
        said = str(error)
        raise Refused(f"{said[0].upper()}{said[1:]}.") from None


def words(picture: Image) -> list[Word]:
    """Return the lines that are read on a picture, as words that hold blanks."""
    return [
        Word(line.text, line.left, line.top, line.right, line.bottom)
        for line in ocr.lines(picture)
        if line.score >= LEAST and line.text.strip()
    ]
