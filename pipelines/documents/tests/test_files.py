"""A request is a text or a file, whose bytes are not kept."""

import base64
import io

import pytest
from PIL import Image

from capstan.contract.pixel_budget import PixelBudget
from pipelines.documents import files
from pipelines.documents.schema import Request
from tests.support import made_files

MAIL = "Ask anna@example.org for it."


def asked(content: bytes) -> Request:
    return Request(file=base64.b64encode(content).decode())


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (made_files.docx(), "A first paragraph.\nOne two."),
        (made_files.pdf(made_files.said(MAIL)), "Ask [mail] for it."),
        (made_files.scan(MAIL), "Ask [mail] for it."),
        (f"<html><p>{MAIL}</p></html>".encode(), "Ask [mail] for it."),
    ],
    ids=["DOCX", "PDF", "scan", "HTML"],
)
def test_request_keeps_the_masked_text_of_a_file_and_no_bytes(content, text):
    request = asked(content)
    assert request.file is None and request.text == text
    assert Request.model_validate(request.model_dump()) == request


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (made_files.scan(MAIL, pages=3), "over 2 scanned pages"),
        (b"a" * (files.LIMITS.bytes - 1), "at most 50,000 are read"),
        (made_files.encrypted("secret"), "encrypted"),
        (made_files.docx(made_files.BOMB), "defines entities"),
        (b"\x89PNG", "not a PNG or JPEG image that can be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_files_that_are_not_read_are_named_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        asked(content)


def png() -> bytes:
    held = io.BytesIO()
    Image.new("L", (400, 300)).save(held, "PNG")
    return held.getvalue()


@pytest.mark.parametrize("content", [png(), made_files.scan(MAIL)], ids=["picture", "scan"])
def test_pictures_and_scans_take_from_the_budget_of_the_request(content):
    with pytest.raises(ValueError, match="images of a request may have 100,000 pixels together"):
        Request.model_validate(
            {"file": base64.b64encode(content).decode()}, context={PixelBudget: PixelBudget(100_000)}
        )


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "either a text or a file"),
        ({"text": "a", "file": "YQ=="}, "either a text or a file"),
        ({"text": 5}, "valid string"),
        ({"text": " \n "}, "no text"),
        ({"text": "a" * (files.LIMITS.characters + 1)}, "at most 50000 characters"),
        ({"file": "not base64!"}, "not base64"),
        ({"text": "a", "pages": 3}, "not permitted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "asked",
)
def test_bad_input_is_named(asked, reason):
    with pytest.raises(ValueError, match=reason):
        Request.model_validate(asked)
