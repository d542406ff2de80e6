"""The pages of a document as pictures, and where its words stand on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from models.files import process
from models.files.layout import Place, Reading
from pipelines.documents import files

if TYPE_CHECKING:
    from PIL.Image import Image

SHEET = (1_000, 1_414)  # pixels of a page that is set here
MARGIN = 80
SIZE = 20  # of the letters
LEADING = 40  # from line to line, with room for what is written over a word
DRAWING = 15.0  # of `Limits.seconds`: all pages are drawn
WORD = re.compile(r"\S+|\n")


class Sheets(NamedTuple):
    """What a document says, and its pages."""

    reading: Reading
    pages: list[Image]
    pixels: list[float]  # per unit of the places on each page


def sheets(content: bytes) -> Sheets:
    """Return the pages of a PDF or a picture as they are, and other files set on pages. Raises Refused."""
    read = files.read(content)
    if read.places:
        drawn = process.pages(content, files.LIMITS._replace(seconds=DRAWING))
        return Sheets(read, [page for page, _ in drawn], [1 / point for _, point in drawn])
    return typeset(read.text)


def typeset(content: str) -> Sheets:
    """Return a text, set on pages."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(SIZE)
    blank = font.getlength(" ")
    pages: list[Image.Image] = []
    places: list[Place] = []
    across, down = float(MARGIN), float(SHEET[1])
    for match in WORD.finditer(content):
        wide = 0.0 if match.group() == "\n" else font.getlength(match.group())
        if match.group() == "\n" or across + wide > SHEET[0] - MARGIN:
            across, down = float(MARGIN), down + LEADING
        if down + LEADING > SHEET[1] - MARGIN or not pages:
            pages.append(Image.new("RGB", SHEET, "white"))
            down = float(MARGIN)
        if wide:
            ImageDraw.Draw(pages[-1]).text((across, down), match.group(), font=font, fill="black")
            box = (across, down, across + wide, down + 1.2 * SIZE)
            places.append(Place(match.start(), match.end(), len(pages) - 1, box))
            across += wide + blank
    return Sheets(Reading(content, places), pages, [1.0] * len(pages))
