"""Files as text: PDF, DOCX, HTML, text and scans; what is not read is refused with a reason."""

import io
import struct
import zlib

import docx as python_docx
import numpy as np
import pytest
from PIL import Image

from models.files import process, program, text
from models.files.layout import Word, arranged, joined
from models.files.limits import Limits, Refused
from tests.support import made_files as made

ARTICLE = [made.TITLE, made.LEFT, made.RIGHT, *map("\t".join, made.ROWS)]
WIDE = Limits(bytes=5_000_000)


@pytest.fixture(scope="module")
def article():
    return made.article()


@pytest.fixture(scope="module")
def paper(article):
    return made.saved(article, "pdf")


def test_columns_of_a_pdf_are_read_one_after_the_other_and_tables_by_rows(paper):
    assert text.text_of(paper).split("\n") == ARTICLE


UPRIGHT = {90: b"0 1 -1 0 100 20", 180: b"-1 0 0 -1 280 100", 270: b"0 -1 1 0 200 180"}


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_that_is_turned_has_its_words_where_they_are_shown(turned):
    stream = b"BT /F 12 Tf %s Tm (Up side down.) Tj ET" % UPRIGHT[turned]
    page = text.read(made.pdf(stream, more=b"/Rotate %d" % turned))
    assert page.text == "Up side down."
    boxes, upright = page.places, text.read(made.pdf(made.said("Up side down."))).places
    shift = [boxes[0].box[axis] - upright[0].box[axis] for axis in (0, 1)]
    for place, wanted in zip(boxes, upright, strict=True):
        assert place.box == pytest.approx([side + shift[axis % 2] for axis, side in enumerate(wanted.box)], abs=0.1)


def test_a_stamp_up_the_margin_is_left_out():
    stream = made.said("The text of it.") + b" BT /F 12 Tf 0 1 -1 0 15 20 Tm (A stamp) Tj ET"
    assert text.text_of(made.pdf(stream)) == "The text of it."


def test_words_stand_where_the_page_has_ink(paper):
    """On a page that is drawn, the box of each word has dark pixels, and outside of all boxes there are few."""
    read = text.read(paper)
    ((picture, point),) = process.pages(paper, Limits())
    dark = np.asarray(picture.convert("L")) < 128
    outside = dark.copy()
    for place in read.places:
        left, top, right, bottom = (round(side / point) for side in place.box)
        assert dark[top:bottom, left:right].any(), read.text[place.start : place.end]
        outside[top - 1 : bottom + 1, left - 1 : right + 1] = False
    assert outside.sum() < 0.01 * dark.sum()


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_pictures_and_scanned_pages_are_read(kind):
    scan = made.scan("Printed in 1993 by Anna Berg.")
    if kind == "png":
        ((picture, _),) = process.pages(scan, Limits())
        held = io.BytesIO()
        picture.save(held, "PNG")
        scan = held.getvalue()
    assert text.text_of(scan) == "Printed in 1993 by Anna Berg."


def test_a_picture_of_columns_is_read_column_after_column(article):
    assert text.text_of(made.saved(article, "jpeg"), WIDE).split("\n")[:3] == ARTICLE[:3]


def test_a_pdf_is_read_page_after_page_and_a_sentence_goes_on():
    pages = [[Word("Two", 0, 0, 20, 10), Word("exam-", 25, 0, 50, 10)], [Word("ples.", 0, 0, 30, 10)]]
    read = joined(map(arranged, pages))
    assert read.text == "Two examples."
    assert [(place.page, read.text[place.start : place.end]) for place in read.places] == [
        (0, "Two"),
        (0, "exam"),
        (1, "ples."),
    ]


def document() -> bytes:
    """Return a DOCX by python-docx: headings, paragraphs, a list, and a table with cells that are joined."""
    made_document = python_docx.Document()
    made_document.add_heading("Results", 1)
    made_document.add_paragraph("It was found that").add_run(" whales sing.").bold = True
    table = made_document.add_table(2, 3)
    for row, cells in enumerate((("Name", "Mass", ""), ("Whale", "30 t", "blue"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    table.cell(0, 1).merge(table.cell(0, 2))
    made_document.add_paragraph("One more", style="List Bullet")
    held = io.BytesIO()
    made_document.save(held)
    return held.getvalue()


INSERTED = made.DOCUMENT.replace(
    "<w:r><w:t>paragraph.", "<w:ins><w:r><w:t>new </w:t></w:r></w:ins><w:r><w:t>paragraph."
)
PAGE = (
    "<!DOCTYPE html><html><head>{}<title>T</title><style>p {{}}</style></head><body><p>a &amp; <b>b</b>\n c é</p>"
    "<script>var x = '<p>no</p>';</script><ul><li>one<li>two</ul><table><tr><td>x<td>y</table></body></html>"
)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"  One line.\r\nAnother.\n", "One line.\nAnother."),
        ("Ünïcode, with a mark".encode("utf-8-sig"), "Ünïcode, with a mark"),
        ("Sixteen bits".encode("utf-16"), "Sixteen bits"),
        ("Sixteen bits".encode("utf-16-be"), "Sixteen bits"),
        ("“Café” au lait".encode("cp1252"), "“Café” au lait"),
        (PAGE.format("").encode(), "T\na & b c é\none\ntwo\nx\ty"),
        (PAGE.format('<meta charset="iso-8859-1">').encode("latin-1"), "T\na & b c é\none\ntwo\nx\ty"),
        (b"<html>" + b"<div>" * 1_000 + b"deep", "deep"),
        (made.docx(), "A first paragraph.\nOne two."),
        (made.docx(INSERTED), "A first new paragraph.\nOne two."),
        (document(), "Results\nIt was found that whales sing.\nName\tMass\nWhale\t30 t\tblue\nOne more"),
    ],
    ids=["text", "a mark", "UTF-16", "no mark", "Windows", "HTML", "Latin-1", "deep", "DOCX", "inserted", "table"],
)
def test_text_of_a_file_is_what_a_reader_sees(content, wanted):
    assert text.text_of(content) == wanted


def picture(width: int, height: int) -> bytes:
    """Return a white picture."""
    held = io.BytesIO()
    Image.new("1", (width, height), 1).save(held, "PNG")
    return held.getvalue()


def large(width: int, height: int) -> bytes:
    """Return a picture that says it has this size, and has 64 pixels: a whole one would take gigabytes."""
    content = bytearray(picture(8, 8))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))  # of the header
    return bytes(content)


FLATE = zlib.compress(b" " * 60_000_000, 9)
TWICE = made.packed(zlib.compress(FLATE), "/FlateDecode/FlateDecode")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no text"),
        (b" \n\t", "no text"),
        (b"a" * 500_001, "at most 500,000 are read"),
        (b"word " * 20_000, "at most 50,000 are read"),
        (b"\x89PNG\r\n\x1a\n", "It is not a PNG or JPEG image that can be read"),
        (large(9_000, 9_000), "9000 x 9000 pixels"),
        (large(60_000, 60_000), "DecompressionBombError"),
        (picture(300, 200), "no text"),
        (b"GIF89a", "Save it as PNG or JPEG"),
        (rb"{\rtf1 words}", "RTF"),
        (program.OLD_OFFICE + b"\0" * 500, "encrypted, or a document of before 2007"),
        ("Привет, мир".encode("cp1251"), "Save it as UTF-8"),
        (b"a\0b", "signs that no text has"),
        (made.docx()[:200], "damaged DOCX"),
        (made.docx("<w:p>"), "damaged DOCX"),
        (made.docx(name="other.xml"), "no DOCX"),
        (made.docx("<a>" + " " * 60_000_000 + "</a>"), "when it is unpacked"),
        (made.docx(**{"word/media/image.png": "a" * 60_000_000}), "when it is unpacked"),
        (made.lying(), "damaged DOCX"),
        (made.docx(made.BOMB), "defines entities"),
        (b"<html><body><script>only()</script></body></html>", "no text"),
        (b"<html>" + b"<a " * 160_000, "no text"),  # takes hours where a reader goes back at each sign
        (b"%PDF-1.4\n", "damaged PDF"),
        (made.pdf(made.said("A page.")).replace(b"/Kids", b"/Kits"), "damaged PDF"),
        (made.pdf(), "no text"),
        (made.encrypted("secret"), "encrypted"),
        (made.pdf(made.said("A page."), pages=201), "201 pages; at most 200"),
        (made.pdf(made.packed(FLATE)), "when it is unpacked"),
        (made.pdf(TWICE), "when it is unpacked"),
        (made.scan("A scanned page", pages=5), "over 4 scanned pages"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_not_read_is_refused_with_a_reason(content, reason):
    with pytest.raises(Refused, match=reason):
        text.text_of(content)


@pytest.mark.parametrize("width", [2411.1, 2417.39, 14_400])
def test_a_huge_page_is_drawn_within_the_limit_of_a_side(width):
    box = b"/MediaBox[0 0 300 200]", b"/MediaBox[0 0 %g 200]" % width
    content = made.pdf(made.said("A page."))
    assert box[0] in content
    ((picture, _),) = process.pages(content.replace(*box), Limits())
    assert Limits().side - 1 <= picture.width <= Limits().side


def test_the_password_is_what_the_encrypted_file_lacks():
    import pypdfium2

    with pypdfium2.PdfDocument(made.encrypted("secret"), password="secret") as document:
        assert document[0].get_textpage().get_text_range() == "A secret page."
