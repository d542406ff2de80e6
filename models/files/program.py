"""The program that parses one file, within limits of memory and processor time. `process.py` starts it.

It reads the file from its standard input and writes lines of JSON: the text of a file without pages, or per page the
paragraphs with the places of their words, or a picture of the page where OCR has to read it or pages are asked for.
What is too large is refused before it is unpacked whole. Nothing that a document refers to is fetched.
"""

from __future__ import annotations

import base64
import io
import json
import math
import resource
import sys
from collections.abc import Iterator
from typing import Any

from capstan.contract.pixel_budget import PixelBudget
from models.files import docx, html, plain
from models.files.limits import HEAVY, PAGED, Limits, Refused

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also the container of an encrypted DOCX
READ_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
PICTURES = (b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF")
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def main() -> None:
    """Read a file. The argument is JSON: the limits, what is asked, and the pixels of the request and those left."""
    held, asked, pixels = json.loads(sys.argv[1])
    limits, content = Limits(*held), sys.stdin.buffer.read()
    times = PAGED if asked == "picture" or content.startswith(READ_PICTURES) or _is_pdf(content) else 1
    seconds, memory = math.ceil(times * limits.seconds), times * limits.memory
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    try:
        for part in _parts(content, limits, asked, PixelBudget(*pixels) if pixels else None):
            print(json.dumps(part), flush=True)
    except Refused as refused:
        print(json.dumps({"refused": str(refused)}))
    except MemoryError:
        print(json.dumps({"refused": HEAVY}))


def _parts(content: bytes, limits: Limits, asked: str, budget: PixelBudget | None) -> Iterator[dict[str, Any]]:
    """Yield the text, or the pages, by what the first bytes say the file is."""
    if asked == "picture" or content.startswith(READ_PICTURES):
        yield _picture(content, limits, budget)
    elif _is_pdf(content):
        from models.files import pdfium

        yield from pdfium.parts(content, limits, asked == "pages")
    else:
        yield {"text": plain.lines(_without_pages(content, limits), limits)}


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:1024]


def _picture(content: bytes, limits: Limits, budget: PixelBudget | None) -> dict[str, Any]:
    """Return a picture as a plain PNG, on white paper."""
    from models.files import picture_files

    try:
        picture = picture_files.opened(content, budget, "white", limits.side)
    except ValueError as error:
        message = str(error)
        raise Refused(f"{message[0].upper()}{message[1:]}.") from None
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return {"picture": base64.b64encode(file.getvalue()).decode(), "point": 1.0}


def _without_pages(content: bytes, limits: Limits) -> str:
    if content.startswith(ZIP):
        return docx.text(content, limits)
    if content.startswith(OLD_OFFICE):
        raise Refused("It is encrypted, or a document of before 2007. Save it as DOCX, without a password.")
    if content.startswith(PICTURES):
        raise Refused("It is a picture of a kind that is not read. Save it as PNG or JPEG.")
    if content.startswith(rb"{\rtf"):
        raise Refused("It is RTF, which is not read. Save it as DOCX.")
    text = plain.decoded(content)
    return html.text(text) if html.PAGE.search(text[:2_000]) else text


if __name__ == "__main__":
    main()
