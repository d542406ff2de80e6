"""Bytes as text, in the code that they are most likely in."""

from __future__ import annotations

from models.files import html
from models.files.limits import Limits, Refused

SEND = "Send text, HTML, DOCX, PDF, PNG or JPEG."
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\x0c\x1b")
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
WESTERN = "cp1252"
STRANGE = 0.25  # of the letters beyond ASCII: text in a code of the West has fewer
SAMPLE = 1_000


def lines(text: str, limits: Limits) -> str:
    """Return the lines that say something, without the blanks around them. Raises Refused for too many characters."""
    text = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    if len(text) > limits.characters:
        raise Refused(f"It has {len(text):,} characters; at most {limits.characters:,} are read. Send a part of it.")
    return text


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
    declared = html.CODE.search(content[:SAMPLE])
    return [*marked, *wide, *([declared[1].decode()] if declared else []), "utf-8", WESTERN]
