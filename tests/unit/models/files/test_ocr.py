"""Text that is read from pictures: what was drawn, and where."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from models.files import ocr


@pytest.fixture(scope="module")
def page():
    image = Image.new("RGB", (700, 260), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(("The meeting is on Friday, 14 May.", "Bring 2 copies of the report.")):
        draw.text((40, 40 + 90 * number), line, font=ImageFont.load_default(32), fill="black")
    return image


def test_the_lines_are_what_was_drawn_in_order_and_where(page):
    first, second = ocr.lines(page)
    assert (first.text, second.text) == ("The meeting is on Friday, 14 May.", "Bring 2 copies of the report.")
    assert 20 < first.left < 50 and 20 < first.top < 60 and first.bottom < second.top and first.right > 400
    assert min(first.score, second.score) > 0.9


def test_a_picture_without_text_has_no_lines():
    assert ocr.lines(Image.fromarray(np.full((120, 200, 3), 200, np.uint8))) == []


@pytest.mark.parametrize("size", [(4_096, 30), (1_800, 3), (1, 4_096)])
def test_a_strip_is_read_like_any_picture(size):
    """The engine alone raises an error for the first and the last of them, and takes gigabytes for the second."""
    strip = Image.new("RGB", size, "white")
    ImageDraw.Draw(strip).text(
        (4, 2), "A line of words, read as a whole.", font=ImageFont.load_default(22), fill="black"
    )
    assert ocr.text(strip) == ("A line of words, read as a whole." if size[1] == 30 else "")


def test_any_kind_of_picture_is_read(page):
    assert ocr.text(page.convert("L")) == ocr.text(page.convert("RGBA")) == ocr.text(page)
