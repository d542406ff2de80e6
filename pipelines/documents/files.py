"""A file of bytes as text, or the reason why it is not read: text, HTML, DOCX and PDF.

What is too large is refused before it is unpacked whole. Nothing that a document refers to is fetched.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from html.parser import HTMLParser
from xml.etree import ElementTree

from capstan.errors import CapstanError

LARGEST = 500_000  # bytes; the endpoint takes no body over a megabyte, and base64 makes a third more of them
UNPACKED = 20_000_000  # bytes of the text of a DOCX, unpacked
PAGES = 200
MOST = 50_000  # characters of a text
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BREAKS = frozenset((f"{WORD}tab", f"{WORD}br", f"{WORD}cr"))
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also the container of an encrypted DOCX
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
HTML = re.compile(r"<(?:!doctype html|html|head|body|p|div|h1|table|article)[\s>]", re.IGNORECASE)
SHOWN = (
    "address article aside blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li main ol p pre section table td th tr ul"
)
BLOCKS = frozenset(SHOWN.split())
SILENT = frozenset(("script", "style", "noscript", "template"))


class Refused(CapstanError, ValueError):
    """A document that is not read, and why, in words for the one who sent it."""


def text_of(content: bytes) -> str:
    """Return the text of a file, a line per paragraph, by what its first bytes say it is.

    Raises Refused for what is too large, damaged, encrypted, or has no text.
    """
    if len(content) > LARGEST:
        raise Refused(f"It has {len(content):,} bytes; at most {LARGEST:,} are read. Send a part of it.")
    return checked(_read(content))


def checked(text: str) -> str:
    """Return a text without blanks at the ends. Raises Refused for one that is too long or blank."""
    text = text.strip()
    if not any(sign.isalnum() for sign in text):
        raise Refused("It has no text. Scans and pictures are not read: send what they say.")
    if len(text) > MOST:
        raise Refused(f"It has {len(text):,} characters; at most {MOST:,} are read. Send a part of it.")
    return text


def _read(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return docx(content)
    if content.startswith(OLD_OFFICE):
        raise Refused("It is encrypted, or a document of before 2007. Save it as DOCX, without a password.")
    if content.startswith(PICTURES):
        raise Refused("It is a picture. Pictures are not read: send what it says.")
    text = decoded(content)
    return html(text) if HTML.search(text[:2_000]) else text


def decoded(content: bytes) -> str:
    """Return bytes as text: UTF-8, or UTF-16 with its mark. Raises Refused for other bytes."""
    code = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(code)
    except UnicodeDecodeError as error:
        raise Refused(f"Its byte {error.start:,} is no text in {code}. Send text, HTML, DOCX or PDF.") from None
    if "\x00" in text:
        raise Refused("It has zero bytes, as no text has. Send text, HTML, DOCX or PDF.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Page(HTMLParser):
    """Gathers what a reader sees: no scripts, a new line at each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in SILENT
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in SILENT and self.hidden > 0
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def html(text: str) -> str:
    """Return what is shown of a page, a line per block. HTML is never damaged: browsers show something of all of it."""
    page = _Page()
    page.feed(text)
    page.close()
    return lines("".join(page.parts))


def lines(text: str) -> str:
    """Return the lines that say something, without the blanks around them."""
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def docx(content: bytes) -> str:
    """Return the paragraphs of a DOCX. Raises Refused for a zip that is damaged, too large, or something else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            info = file.getinfo("word/document.xml")
            if info.flag_bits & 1:
                raise Refused("It is encrypted. Save it without a password.")
            with file.open(info) as part:
                xml = part.read(UNPACKED + 1)  # what the zip says of its size may be a lie
    except Refused:
        raise
    except KeyError:
        raise Refused("It is a zip, but no DOCX: it has no word/document.xml.") from None
    except DAMAGED as error:
        raise Refused(f"It is a damaged DOCX ({error}). Save it anew.") from None
    if len(xml) > UNPACKED:
        raise Refused(f"Its text has more than {UNPACKED:,} bytes when it is unpacked. Send a part of it.")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Refused("Its XML defines entities, as no DOCX does.")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise Refused(f"It is a damaged DOCX ({error}). Save it anew.") from None
    return lines("\n".join(map(_paragraph, root.iter(f"{WORD}p"))))


def _paragraph(node: ElementTree.Element) -> str:
    """Return the text of a paragraph. What a text box in it says is a paragraph of its own."""
    made: list[str] = []
    for part in node:
        if part.tag == f"{WORD}p":
            continue
        made.append(part.text or "" if part.tag == f"{WORD}t" else " " if part.tag in BREAKS else _paragraph(part))
    return "".join(made)


def pdf(content: bytes) -> str:
    """Return the text of a PDF, page after page. Raises Refused, also where the library `pypdf` is not installed."""
    try:
        import pypdf
        from pypdf.errors import PyPdfError
    except ImportError:
        raise Refused("PDF is read with the library pypdf, which is not installed here: `pip install pypdf`.") from None
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Refused("It is encrypted. Save it without a password.")
        if len(reader.pages) > PAGES:
            raise Refused(f"It has {len(reader.pages):,} pages; at most {PAGES} are read. Send a part of it.")
        made: list[str] = []
        for page in reader.pages:
            made.append(page.extract_text())
            if sum(map(len, made)) > MOST:
                break  # `checked` refuses it: the rest need not be read
    except Refused:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Refused(f"It is a damaged PDF ({error}). Save it anew.") from None
    return lines("\n".join(made))
