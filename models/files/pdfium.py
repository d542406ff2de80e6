"""Pages of a PDF, read by PDFium (https://pdfium.googlesource.com, through `pypdfium2`) in the program of a file."""

from __future__ import annotations

import base64
import ctypes
import io
import itertools
import json
import math
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from typing import Any

from models.files.layout import Word, arranged
from models.files.limits import Limits, Refused, damaged

STREAM = re.compile(rb"(?<!end)stream\r?\n")
PASSWORD = 4  # FPDF_ERR_PASSWORD
PICTURE, FORM = 3, 5  # FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_FORM
DOTS = 150  # per inch, of a page that OCR reads: 10-point letters are 21 pixels tall
POINT = 72  # per inch
FEW = 8  # letters: a page with fewer, and with something else, is a scan
APART = 0.2  # of the height of a letter: more blank begins a word
UPRIGHT = 0.94  # the cosine of 20 degrees
PRIVATE = range(0xE000, 0xF900)  # code points without meaning, of fonts that do not say what their letters are
HYPHENS = (2, 0xFFFE)  # what PDFium says for a hyphen at the end of a line

Box = tuple[float, float, float, float]  # left, top, right, bottom, in points from the left upper corner
Letter = tuple[int, Box]


def main() -> None:
    """Read a PDF for a version that was stored before `program.py` was there: it starts this module of today."""
    limits, asked = Limits(*json.loads(sys.argv[1])), sys.argv[2]
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    try:
        for page in parts(sys.stdin.buffer.read(), limits, asked == "pictures"):
            lines = itertools.chain.from_iterable(page.get("paragraphs", ()))
            print(json.dumps({"words": list(itertools.chain.from_iterable(lines))} if "paragraphs" in page else page))
    except Refused as refused:
        print(json.dumps({"refused": str(refused)}))


def parts(content: bytes, limits: Limits, pictures: bool) -> Iterator[dict[str, Any]]:
    """Yield the paragraphs of each page, or a picture of it where it is a scan or pictures are asked for.

    Raises Refused for a document that is damaged, encrypted, or has too many pages or scans.
    """
    unpackable(content, limits.unpacked)
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        if len(document) > limits.pages:
            raise Refused(f"It has {len(document):,} pages; at most {limits.pages:,} are read. Send a part of it.")
        letters = scans = 0
        for number in range(len(document)):
            page = document[number]
            words = [] if pictures else _words(page, limits.characters)
            letters += sum(len(word.text) for word in words)
            scan = not pictures and _is_scan(page, words)
            scans += scan
            if scans > limits.scans:
                raise Refused(f"It has over {limits.scans} scanned pages. Send a part of it, or its text.")
            yield _drawn(page, limits) if scan or pictures else {"paragraphs": arranged(words)}
            page.close()
            if letters > limits.characters:
                break  # it will be refused: the rest need not be read
    except pypdfium2.PdfiumError as error:
        if error.err_code == PASSWORD:
            raise Refused("It is encrypted. Save it without a password.") from None
        raise damaged("PDF", error) from None


def unpackable(content: bytes, most: int) -> None:
    """Refuse a PDF whose streams would unpack to more than `most` bytes. One that is packed twice is unpacked twice.

    A stream may begin inside of another, so what is read of them is limited too: twice the file, which has each once.
    """
    left, unread, whole = most, 2 * len(content), memoryview(content)
    for found in STREAM.finditer(content):
        packed: bytes | memoryview = whole[found.end() :]
        for again in range(2):
            decompressor = zlib.decompressobj()
            try:
                unpacked = decompressor.decompress(packed, left + 1)
            except zlib.error:
                break
            if not again:
                unread -= len(packed) - len(decompressor.unused_data)
            packed = unpacked
            left -= len(packed)
            if left < 0:
                raise Refused(f"It has more than {most:,} bytes when it is unpacked. Send a part of it.")
            if unread < 0:
                raise Refused("It is a damaged PDF: its streams overlap. Save it again.")


def _is_scan(page: Any, words: list[Word]) -> bool:
    """Return whether a page has something, but no letters that can be read."""
    text = "".join(word.text for word in words)
    read = sum(sign.isalnum() and ord(sign) not in PRIVATE for sign in text)
    return read < max(FEW, len(text) / 3) and (bool(text) or next(page.get_objects(max_depth=1), None) is not None)


def _drawn(page: Any, limits: Limits) -> dict[str, Any]:
    """Return a page as a PNG, and how many points a pixel is. A huge page has fewer dots per inch."""
    width, height = page.get_size()
    for image in page.get_objects(filter=[PICTURE], max_depth=5):
        across, down = image.get_px_size()
        if max(across, down) > limits.side:
            raise Refused(f"A picture in it has {across} x {down} pixels; at most {limits.side} a side are read.")
    scale = min(DOTS / POINT, (limits.side - 1) / max(width, height, 1))  # sides are rounded up
    picture, file = page.render(scale=scale).to_pil(), io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return {"picture": base64.b64encode(file.getvalue()).decode(), "point": width / picture.width}


def _words(page: Any, most: int) -> list[Word]:
    """Return the words of a page with their boxes: letters side by side, as they stand in the file.

    Words that do not stand upright, such as a stamp up the margin, are left out.
    """
    import pypdfium2.raw as pdfium

    held = page.get_textpage()
    box = pdfium.FS_RECTF()
    corner, turned = page.get_cropbox(), page.get_rotation()
    words: list[list[Letter]] = [[]]
    for index in range(min(pdfium.FPDFText_CountChars(held), 2 * most)):
        code = pdfium.FPDFText_GetUnicode(held, index)
        blank = (code <= 0x20 and code not in HYPHENS) or code in (0xA0, 0x3000)
        parted = (
            blank
            or pdfium.FPDFText_IsGenerated(held, index) == 1
            or _leans(pdfium.FPDFText_GetCharAngle(held, index), turned)
        )
        if parted or not pdfium.FPDFText_GetLooseCharBox(held, index, ctypes.byref(box)):
            words.append([])
            continue
        letter = (code, _turned((box.left, box.top, box.right, box.bottom), corner, turned))
        if words[-1] and _apart(words[-1][-1][1], letter[1]):
            words.append([])
        words[-1].append(letter)
    held.close()
    return [word for word in map(_joined, filter(None, words)) if word.text]


def _leans(angle: float, turned: int) -> bool:
    """Return whether a letter does not stand upright on the page as it is shown. angle: to the right, in radians."""
    return math.cos(angle + math.radians(turned)) < UPRIGHT


def _turned(box: Box, corner: Box, turned: int) -> Box:
    """Return a box as it is shown. PDF counts from the left lower corner of a page that is not turned yet."""
    left, top, right, bottom = box
    low, down, high, up = corner
    if turned == 90:
        return bottom - down, left - low, top - down, right - low
    if turned == 180:
        return high - right, bottom - down, high - left, top - down
    if turned == 270:
        return up - top, high - right, up - bottom, high - left
    return left - low, up - top, right - low, up - bottom


def _apart(before: Box, box: Box) -> bool:
    height = max(box[3] - box[1], 1e-3)
    overlap = min(before[3], box[3]) - max(before[1], box[1])
    return overlap < 0.3 * height or not -height < box[0] - before[2] < APART * height


def _joined(letters: list[Letter]) -> Word:
    """Return letters as a word. PDFium says rare letters as two codes of UTF-16."""
    codes = (0x2D if code in HYPHENS else min(code, 0xFFFF) for code, _ in letters)
    text = b"".join(code.to_bytes(2, "little") for code in codes).decode("utf-16-le", errors="ignore")
    lefts, tops, rights, bottoms = zip(*(box for _, box in letters), strict=True)
    return Word(text, min(lefts), min(tops), max(rights), max(bottoms))


if __name__ == "__main__":
    main()
