"""Files that are read, and files that are refused with a reason."""

import base64
import io
import zipfile

import pytest

from pipelines.documents import files
from pipelines.documents.schema import Request

DOCUMENT = """<?xml version="1.0"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:r><w:t>A first </w:t></w:r><w:r><w:t>paragraph.</w:t></w:r></w:p>
<w:p><w:r><w:t>One</w:t><w:tab/><w:t>two.</w:t></w:r></w:p></w:body></w:document>"""


def docx(xml: str = DOCUMENT, name: str = "word/document.xml") -> bytes:
    """Return a DOCX with the text alone, as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, xml)
    return made.getvalue()


def pdf(*pages: str) -> bytes:
    """Return a PDF, drawn by Matplotlib."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    made = io.BytesIO()
    with PdfPages(made) as file:
        for page in pages:
            figure = Figure()
            figure.text(0.1, 0.5, page)
            file.savefig(figure)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"  One line.\r\nAnother.\n", "One line.\nAnother."),
        ("Ünïcode, with a mark".encode("utf-8-sig"), "Ünïcode, with a mark"),
        ("Sixteen bits".encode("utf-16"), "Sixteen bits"),
        (
            b"<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body><p>a &amp; <b>b</b>\n c</p>"
            b"<script>var x = '<p>no</p>';</script><ul><li>one<li>two</ul></body></html>",
            "T\na & b c\none\ntwo",
        ),
        (docx(), "A first paragraph.\nOne two."),
    ],
    ids=["text", "a mark", "UTF-16", "HTML", "DOCX"],
)
def test_text_of_a_file_is_what_a_reader_sees(content, text):
    assert files.text_of(content) == text


def lying() -> bytes:
    """Return a DOCX of 30 MB that says it is small: a zip bomb."""
    whole = bytearray(docx("<a>" + " " * 30_000_000 + "</a>"))
    place = whole.rindex(b"PK\x01\x02")
    whole[place + 24 : place + 28] = (1_000).to_bytes(4, "little")
    return bytes(whole)


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no text"),
        (b" \n\t", "no text"),
        (b"a" * (files.LARGEST + 1), "at most 500,000 are read"),
        (b"word " * 20_000, "at most 50,000 are read"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (files.OLD_OFFICE + b"\0" * 500, "encrypted, or a document of before 2007"),
        (b"caf\xe9 au lait", "Its byte 3 is no text"),
        (b"a\0b", "zero bytes"),
        (docx()[:200], "damaged DOCX"),
        (docx("<w:p>"), "damaged DOCX"),
        (docx(name="other.xml"), "no DOCX"),
        (docx("<a>" + " " * 30_000_000 + "</a>"), "when it is unpacked"),
        (lying(), "damaged DOCX|when it is unpacked"),
        (docx(BOMB), "defines entities"),
        (b"<html><body><script>only()</script></body></html>", "no text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_not_read_is_refused_with_a_reason(content, reason):
    with pytest.raises(files.Refused, match=reason):
        files.text_of(content)


def test_pdf_is_read_page_after_page():
    pytest.importorskip("pypdf", reason="the lock has no pypdf")
    assert files.text_of(pdf("A first page.", "A second page.")) == "A first page.\nA second page."


def test_pdfs_that_are_damaged_encrypted_too_long_or_scans_are_refused():
    pypdf = pytest.importorskip("pypdf", reason="the lock has no pypdf")
    with pytest.raises(files.Refused, match="damaged PDF"):
        files.text_of(pdf("A page.")[:300])
    with pytest.raises(files.Refused, match="no text"):
        files.text_of(pdf(""))
    for change, reason in ((lambda one: one.encrypt("secret"), "encrypted"), (lengthen, "at most 200")):
        writer, made = pypdf.PdfWriter(), io.BytesIO()
        writer.add_blank_page(100, 100)
        change(writer)
        writer.write(made)
        with pytest.raises(files.Refused, match=reason):
            files.text_of(made.getvalue())


def lengthen(writer) -> None:
    for _ in range(files.PAGES):
        writer.add_blank_page(100, 100)


def test_without_pypdf_a_pdf_is_refused_and_the_library_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pypdf", None)
    with pytest.raises(files.Refused, match="pip install pypdf"):
        files.text_of(b"%PDF-1.4\n")


def test_request_keeps_the_text_of_a_file_and_no_bytes():
    made = Request(file=base64.b64encode(docx()).decode())
    assert made.file is None and made.text == "A first paragraph.\nOne two."
    assert Request.model_validate(made.model_dump()) == made


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "either a text or a file"),
        ({"text": "a", "file": "YQ=="}, "either a text or a file"),
        ({"text": 5}, "valid string"),
        ({"text": " \n "}, "no text"),
        ({"text": "a" * (files.MOST + 1)}, "at most 50000 characters"),
        ({"file": "not base64!"}, "not base64"),
        ({"file": base64.b64encode(b"\x89PNG").decode()}, "picture"),
        ({"text": "a", "pages": 3}, "not permitted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "asked",
)
def test_bad_input_is_named(asked, said):
    with pytest.raises(ValueError, match=said):
        Request.model_validate(asked)
