"""`python -m pipelines.documents.drawn FILE --out FOLDER`: the pages of a document, with its names marked.

It writes a PNG per page. Boxes have a colour per kind of name; personal data is blacked out, in whole words, and in
whole lines of a scan. The champion finds the names.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from capstan.errors import CapstanError, without_tracebacks
from models.files.layout import Place
from models.files.limits import Refused
from models.text import personal_data
from pipelines.documents.champion import champion
from pipelines.documents.sheets import Sheets, sheets

if TYPE_CHECKING:
    from PIL.Image import Image

    from capstan.contract.model import Model

COLOURS = {
    "person": "#c62828", "location": "#1565c0", "corporation": "#2e7d32",
    "group": "#6a1b9a", "product": "#ef6c00", "creative-work": "#00838f",
}  # fmt: skip
OTHER = "#555555"
LABEL = 11  # pixels of the letters over a box


class Mark(NamedTuple):
    """A part of a text that is drawn on: a kind of name, or personal data, which is blacked out."""

    kind: str
    start: int
    end: int
    black: bool = False


def marks(text: str, model: Model) -> list[Mark]:
    """Return the names and the personal data in a text. The model reads the text masked, as the endpoint does."""
    masks = personal_data.hidden(text)
    answer = model.predict_columns({"text": [personal_data.masked(text)]})
    black = [Mark(mask.kind, mask.start, mask.end, black=True) for mask in masks]
    names = [
        Mark(name["kind"], personal_data.unmasked(name["start"], masks), personal_data.unmasked(name["end"], masks))
        for name in answer["entities"][0]
    ]
    outside = [name for name in names if not any(name.start < mark.end and mark.start < name.end for mark in black)]
    return outside + black  # black comes last


def drawn(content: bytes, model: Model) -> list[Image]:
    """Return the pages of a document with marks. Raises Refused for one that is not read."""
    plain = sheets(content)
    for mark in marks(plain.reading.text, model):
        for page, box in boxes(plain, mark):
            _draw(plain.pages[page], [plain.pixels[page] * side for side in box], mark)
    return plain.pages


def boxes(plain: Sheets, mark: Mark) -> Iterator[tuple[int, list[float]]]:
    """Return where a mark is on the pages, a box for each line. What is blacked out has whole words."""
    last: tuple[int, list[float]] | None = None
    for place in plain.reading.places:
        if place.start < mark.end and mark.start < place.end:
            box = list(place.box) if mark.black else _part(place, mark)
            if (
                last
                and last[0] == place.page
                and last[1][1] < (box[1] + box[3]) / 2 < last[1][3]
                and box[0] > last[1][0]
            ):
                last[1][:] = [last[1][0], min(last[1][1], box[1]), box[2], max(last[1][3], box[3])]
                continue
            if last:
                yield last
            last = place.page, box
    if last:
        yield last


def _part(place: Place, mark: Mark) -> list[float]:
    """Return the part of a word's box that a mark has, by its share of the letters."""
    left, top, right, bottom = place.box
    letter = (right - left) / (place.end - place.start)
    first, last = max(mark.start - place.start, 0), min(mark.end, place.end) - place.start
    return [left + first * letter, top, left + last * letter, bottom]


def _draw(page: Image, box: list[float], mark: Mark) -> None:
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(page)
    left, top, right, bottom = box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1
    if mark.black:
        draw.rectangle((left, top, right, bottom), fill="black")
        return
    colour, font = COLOURS.get(mark.kind, OTHER), ImageFont.load_default(LABEL)
    draw.rectangle((left, top, right, bottom), outline=colour, width=2)
    draw.rectangle((left, top - LABEL - 1, left + font.getlength(mark.kind) + 4, top), fill=colour)
    draw.text((left + 2, top - LABEL - 2), mark.kind, font=font, fill="white")


def main() -> None:
    """Draw the pages of a document."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder for the pictures")
    options = parser.parse_args()
    try:
        pages = drawn(options.file.read_bytes(), champion())
    except Refused as refused:
        raise CapstanError(f"{options.file} is not read. {refused}") from None
    options.out.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        path = options.out / f"{options.file.stem}-{number}.png"
        page.save(path)
        print(path)


if __name__ == "__main__":
    main()
