"""Files that the tests make: PDF, DOCX and scans, good and bad."""

from __future__ import annotations

import hashlib
import io
import struct
import textwrap
import zipfile

from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

LEFT = (
    "We present a method that finds small planets around cool stars with the Kepler satellite. It removes the noise of "
    "the detector, which hid such planets before, and finds three of them near the star that Gliese has listed."
)
RIGHT = (
    "A second column goes on with other words, so that nobody mixes them. It speaks about whales, dolphins and the "
    "deep blue ocean in the north, where the ships of the survey counted them for a whole decade of long summers."
)
ROWS = (("Name", "Mass", "Radius"), ("Earth", "1.00", "1.00"), ("Mars", "0.11", "0.53"), ("Venus", "0.82", "0.95"))
TITLE = "A Title Over Both Columns"


def article() -> Figure:
    """Return a page with a title, two columns and a table."""
    page = Figure(figsize=(8.27, 11.69))
    page.text(0.1, 0.94, TITLE, fontsize=20)
    for left, text in ((0.1, LEFT), (0.54, RIGHT)):
        page.text(left, 0.9, "\n".join(textwrap.wrap(text, 46)), fontsize=9, va="top")
    for row, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            page.text(0.1 + 0.2 * column, 0.7 - 0.02 * row, cell, fontsize=9)
    return page


def saved(page: Figure, kind: str) -> bytes:
    """Return a page as a "pdf", "png" or "jpeg"."""
    buffer = io.BytesIO()
    page.savefig(buffer, format=kind, dpi=150)
    return buffer.getvalue()


def scan(said: str, pages: int = 1) -> bytes:
    """Return a PDF of pages that are pictures of a text, by Pillow."""
    picture = Image.new("RGB", (620, 200), "white")
    ImageDraw.Draw(picture).text((30, 60), said, font=ImageFont.load_default(28), fill="black")
    buffer = io.BytesIO()
    picture.save(buffer, "PDF", save_all=True, append_images=[picture] * (pages - 1), resolution=100)
    return buffer.getvalue()


def pdf(
    stream: bytes = b"", pages: int = 1, more: bytes = b"", trailer: bytes = b"", objects: tuple[bytes, ...] = ()
) -> bytes:
    """Return a PDF as bytes, page after page with the same stream.

    more: entries of each page. trailer: entries of the trailer. objects: from number 5 on.
    """
    font = b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 5 0 R>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 3 0 R" + font + more + b">>"
    first = 5 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + number) for number in range(pages))
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
        stream if stream.startswith(b"<<") else b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"null",
        *objects,
        *([page] * pages),
    ]
    document, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(b"%010d 00000 n \n" % len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, trailer, len(document))
    return document + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + b"".join(places) + end


def said(text: str) -> bytes:
    """Return the stream of a page with a line of text."""
    return b"BT /F 12 Tf 20 100 Td (%s) Tj ET" % text.encode()


def packed(stream: bytes, filters: str = "/FlateDecode") -> bytes:
    """Return the object of a stream that is packed."""
    return b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(stream), filters.encode(), stream)


def forms(depth: int, times: int = 10) -> bytes:
    """Return a PDF whose page draws a form `times` times, which draws another so often, and so on."""
    objects = []
    for level in range(depth):
        drawn = b"/X Do\n" * times if level < depth - 1 else b"0 0 m 100 100 l S\n" * times
        inner = b"/Resources<</XObject<</X %d 0 R>>>>" % (6 + level)
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 300 200]%s/Length %d>>" % (inner, len(drawn))
        objects.append(head + b"stream\n" + drawn + b"\nendstream")
    return pdf(b"/X Do", objects=tuple(objects))


PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key: bytes, data: bytes) -> bytes:
    state, index = list(range(256)), 0
    for place in range(256):
        index = (index + state[place] + key[place % len(key)]) % 256
        state[place], state[index] = state[index], state[place]
    output, first, second = bytearray(), 0, 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + state[first]) % 256
        state[first], state[second] = state[second], state[first]
        output.append(byte ^ state[(state[first] + state[second]) % 256])
    return bytes(output)


def encrypted(password: str) -> bytes:
    """Return a PDF with a password, by the standard handler, revision 2 (ISO 32000-1, algorithms 2, 3 and 4)."""
    padded = (password.encode() + PAD)[:32]
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + (0xFFFFFFFC).to_bytes(4, "little") + b"number").digest()[:5]
    user = rc4(key, PAD)
    stream = rc4(hashlib.md5(key + bytes([3, 0, 0, 0, 0])).digest()[:10], said("A secret page."))
    entries = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (owner.hex().encode(), user.hex().encode())
    return pdf(stream, trailer=entries + b"/ID[<%s><%s>]" % ((b"number".hex().encode(),) * 2))


DOCUMENT = """<?xml version="1.0"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:r><w:t>A first </w:t></w:r><w:r><w:t>paragraph.</w:t></w:r></w:p>
<w:p><w:r><w:t>One</w:t><w:tab/><w:t>two.</w:t></w:r></w:p></w:body></w:document>"""
RELATIONS = """<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Target=
"word/document.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>
</Relationships>"""
TYPES = """<?xml version="1.0"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType=
"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType=
"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""


def docx(xml: str = DOCUMENT, name: str = "word/document.xml", **more: str) -> bytes:
    """Return a DOCX with the text alone, as a zip. more: other parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part, content in {name: xml, "_rels/.rels": RELATIONS, "[Content_Types].xml": TYPES, **more}.items():
            file.writestr(part, content)
    return buffer.getvalue()


def lying() -> bytes:
    """Return a DOCX of 60 MB that says it is small: a zip bomb."""
    whole = bytearray(docx("<a>" + " " * 60_000_000 + "</a>"))
    place = whole.index(b"PK\x01\x02")
    whole[place + 24 : place + 28] = (1_000).to_bytes(4, "little")
    return bytes(whole)


def crowded() -> bytes:
    """Return a DOCX of 72 kB with ten million elements: parsed, it takes 2.5 GB."""
    return docx("<a>" + "<p/>x" * 9_999_000 + "</a>")


def nested_streams() -> bytes:
    """Return a PDF of 490 kB whose 2,600 streams each begin inside of the one before and share a tail of empty blocks.

    Each is a chain of stored blocks that hold the beginning of the next, so unpacking all reads the tail each time.
    """
    begin = b"stream\n\x78\x01"  # and the header of zlib
    stored = b"\0" + struct.pack("<HH", len(begin), 0xFFFF ^ len(begin))
    empty = sum(2 << place for place in range(0, 40, 10)).to_bytes(5, "little")  # four blocks of ten bits
    return b"%PDF-1.4\n" + begin + (stored + begin) * 2_599 + empty * 90_000


def many_attributes(count: int) -> bytes:
    """Return HTML with one element of many attributes, each of which its parser compares with all before."""
    return b"<html><body><p " + b" ".join(b"a%d" % number for number in range(count)) + b">x</p></body></html>"


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;</a>'
