"""Words on a picture, read by OCR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files import ocr
from models.files.layout import Word

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST = 0.5  # how sure the reader has to be of a line


def words(picture: Image) -> list[Word]:
    """Return the lines that are read on a picture, as words that hold blanks."""
    return [
        Word(line.text, line.left, line.top, line.right, line.bottom)
        for line in ocr.lines(picture)
        if line.score >= LEAST and line.text.strip()
    ]
