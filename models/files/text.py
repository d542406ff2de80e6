"""A file of bytes as text, or the reason why it is not read, by what its first bytes say it is.

What is too large is refused before it is unpacked whole. Nothing that a document refers to is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files import docx, html, pdf, pictures
from models.files.layout import Reading, reading
from models.files.limits import Limits, Refused

if TYPE_CHECKING:
    from capstan.contract.pixel_budget import PixelBudget

LIMITS = Limits()
SEND = "Send text, HTML, DOCX, PDF, PNG or JPEG."
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also the container of an encrypted DOCX
READ_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
PICTURES = (b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF")
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\x0c\x1b")
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
WESTERN = "cp1252"
STRANGE = 0.25  # of the letters beyond ASCII: text in a code of the West has fewer
SAMPLE = 1_000


def text_of(content: bytes, limits: Limits = LIMITS, budget: PixelBudget | None = None) -> str:
    """Return the text of a file, a line per paragraph, without blank lines.

    budget: of the request that holds it, for pictures and scanned pages. Raises Refused for what is too large, damaged,
    encrypted, over the budget, or has no text.
    """
    return read(content, limits, budget).text


def read(content: bytes, limits: Limits = LIMITS, budget: PixelBudget | None = None) -> Reading:
    """Return the text of a file as `text_of` does, and of a PDF or a picture where each word stands."""
    if len(content) > limits.bytes:
        raise Refused(f"It has {len(content):,} bytes; at most {limits.bytes:,} are read. Send a part of it.")
    made = _read(content, limits, budget)
    checked(made.text, limits)
    return made


def checked(text: str, limits: Limits = LIMITS) -> str:
    """Return a text without blanks at the ends. Raises Refused for one that is too long or blank."""
    text = text.strip()
    if not any(sign.isalnum() for sign in text):
        raise Refused("It has no text. Send a file that has some, or a sharper picture.")
    if len(text) > limits.characters:
        raise Refused(f"It has {len(text):,} characters; at most {limits.characters:,} are read. Send a part of it.")
    return text


def is_pdf(content: bytes) -> bool:
    """Return whether a file says that it is a PDF."""
    return b"%PDF-" in content[:1024]


def _read(content: bytes, limits: Limits, budget: PixelBudget | None) -> Reading:
    if is_pdf(content):
        return reading(pdf.pages(content, limits, budget))
    if content.startswith(READ_PICTURES):
        return reading([pictures.words(pictures.opened(content, limits, budget))])
    return Reading(lines(_without_pages(content, limits)), [])


def _without_pages(content: bytes, limits: Limits) -> str:
    if content.startswith(ZIP):
        return docx.text(content, limits)
    if content.startswith(OLD_OFFICE):
        raise Refused("It is encrypted, or a document of before 2007. Save it as DOCX, without a password.")
    if content.startswith(PICTURES):
        raise Refused("It is a picture of a kind that is not read. Save it as PNG or JPEG.")
    if content.startswith(rb"{\rtf"):
        raise Refused("It is RTF, which is not read. Save it as DOCX.")
    text = decoded(content)
    return html.text(text) if html.PAGE.search(text[:2_000]) else text


def lines(text: str) -> str:
    """Return the lines that say something, without the blanks around them."""
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def decoded(content: bytes) -> str:
    """Return bytes as text: by their mark, by what a page says of itself, as UTF-8, or as the code of western Windows.

    Raises Refused for bytes that are text in none of these.
    """
    for code in dict.fromkeys(_codes(content)):
        try:
            text = content.decode(code)
        except (UnicodeError, LookupError):
            continue
        beyond = sum(sign.isalpha() and not sign.isascii() for sign in text)
        if code == WESTERN and beyond > STRANGE * sum(map(str.isalpha, text)):
            continue
        if any(ord(sign) in CONTROLS for sign in text):
            raise Refused(f"It has signs that no text has. {SEND}")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise Refused(f"Its bytes are no text in UTF-8, UTF-16 or Windows-1252. Save it as UTF-8. {SEND}")


def _codes(content: bytes) -> list[str]:
    marked = [code for mark, code in MARKS.items() if content.startswith(mark)]
    even, odd = content[:SAMPLE:2].count(0), content[1:SAMPLE:2].count(0)
    wide = ["utf-16-le" if odd > even else "utf-16-be"] if max(even, odd) > len(content[:SAMPLE]) / 5 else []
    said = html.CODE.search(content[:SAMPLE])
    return [*marked, *wide, *([said[1].decode()] if said else []), "utf-8", WESTERN]
