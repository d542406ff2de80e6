"""Words on the pages of a PDF, and the pages as pictures. A process of its own reads each file: see `pdfium.py`."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

from models.files import pictures
from models.files.layout import Word
from models.files.limits import Limits, Refused

if TYPE_CHECKING:
    from PIL.Image import Image

    from capstan.contract.pixel_budget import PixelBudget

STREAM = re.compile(rb"(?<!end)stream\r?\n")


def pages(content: bytes, limits: Limits, budget: PixelBudget | None = None) -> list[list[Word]]:
    """Return the words of each page, in points from its left upper corner. Scanned pages are read by OCR.

    Raises Refused for a document that is not read, for scans over the limit or the budget, and where the time is over.
    """
    made = []
    for page in _read(content, limits, "words"):
        if "words" in page:
            made.append([Word(*word) for word in page["words"]])
        else:
            read = pictures.words(_picture(page, limits, budget))
            made.append([Word(word.text, *(page["point"] * side for side in word[1:])) for word in read])
    return made


def drawn(content: bytes, limits: Limits) -> list[tuple[Image, float]]:
    """Return each page as a picture, and how many points a pixel is. Raises Refused as `pages` does."""
    return [(_picture(page, limits), page["point"]) for page in _read(content, limits, "pictures")]


def _picture(page: dict[str, Any], limits: Limits, budget: PixelBudget | None = None) -> Image:
    return pictures.opened(base64.b64decode(page["picture"]), limits, budget)


def _read(content: bytes, limits: Limits, asked: str) -> list[dict[str, Any]]:
    """Return what the program with PDFium in it says of each page."""
    unpackable(content, limits.unpacked)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "models.files.pdfium", json.dumps(limits), asked],
            input=content, capture_output=True, timeout=limits.seconds, check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused(f"It takes over {limits.seconds:g} seconds to read. Send a part of it.") from None
    if done.returncode:  # by a limit of memory or time, or by a hole of PDFium
        raise Refused("It is a damaged PDF, or takes too much memory or time to read. Save it again, or send a part.")
    made = [json.loads(line) for line in done.stdout.splitlines()]
    if made and "refused" in made[-1]:
        raise Refused(made[-1]["refused"])
    return made


def unpackable(content: bytes, most: int) -> None:
    """Refuse a PDF whose streams would unpack to more than `most` bytes. One that is packed twice is unpacked twice."""
    left, whole = most, memoryview(content)
    for found in STREAM.finditer(content):
        packed: bytes | memoryview = whole[found.end() :]
        for _ in range(2):
            try:
                packed = zlib.decompressobj().decompress(packed, left + 1)
            except zlib.error:
                break
            left -= len(packed)
            if left < 0:
                raise Refused(f"It has more than {most:,} bytes when it is unpacked. Send a part of it.")
