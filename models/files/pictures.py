"""Words on a picture, read by OCR, or the reason why not."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from models import ocr
from models.files.layout import Word
from models.files.limits import Limits, Refused, damaged

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST = 0.5  # how sure the reader has to be of a line


def opened(content: bytes, limits: Limits) -> Image:
    """Return a PNG or JPEG, turned as its camera says. Raises Refused for one that is damaged or has huge sides."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is looked at below
            picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
        width, height = picture.size
        if width * height > limits.pixels:
            raise Refused(f"It has {width:,} x {height:,} pixels; at most {limits.pixels:,} are read. Send it smaller.")
        picture.load()
        return ImageOps.exif_transpose(picture)
    except Refused:
        raise
    except Image.DecompressionBombError as error:
        raise Refused(f"It has too many pixels ({error}). Send it smaller.") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise damaged("picture", error) from None


def words(picture: Image) -> list[Word]:
    """Return the lines that are read on a picture, as words that hold blanks."""
    return [
        Word(line.text, line.left, line.top, line.right, line.bottom)
        for line in ocr.lines(picture)
        if line.score >= LEAST and line.text.strip()
    ]
