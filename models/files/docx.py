"""The text of a DOCX: a line per paragraph, and per row of a table with tabs between its cells.

`python-docx` opens the package. The tree is walked here, for that library leaves out text boxes, content controls and
insertions that are not accepted yet.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from models.files.limits import Limits, Refused, damaged

NAMESPACE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # repeats what stands next to it
PARAGRAPH, TABLE, ROW, CELL, TEXT = (NAMESPACE + name for name in ("p", "tbl", "tr", "tc", "t"))
BLANKS = {f"{NAMESPACE}tab": " ", f"{NAMESPACE}br": " ", f"{NAMESPACE}cr": " ", f"{NAMESPACE}noBreakHyphen": "-"}
PARTS = 2_000  # files in the zip
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


def text(content: bytes, limits: Limits) -> str:
    """Return the text of a DOCX. Raises Refused for a zip that is damaged, too large, or something else."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import ErrorTypes, LxmlError

    _look_at(content, limits)
    try:
        body = docx.Document(io.BytesIO(content)).element.body
        return "\n".join(_lines(body))
    except LxmlError as error:
        if getattr(error, "code", None) == ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        raise damaged("DOCX", error) from None
    except (*DAMAGED, OpcError, KeyError, AttributeError, RecursionError) as error:
        raise damaged("DOCX", error) from None


def _look_at(content: bytes, limits: Limits) -> None:
    """Refuse what is no DOCX, or would be too large, before a library unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = file.infolist()
            if "word/document.xml" not in file.namelist():
                raise Refused("It is a zip, but no DOCX: it has no word/document.xml. Send text, HTML, DOCX or PDF.")
            if any(part.flag_bits & 1 for part in parts):
                raise Refused("It is encrypted. Save it without a password.")
            # The module reads no more of a part than the zip says, even where that is a lie.
            if len(parts) > PARTS or sum(part.file_size for part in parts) > limits.unpacked:
                raise Refused(f"It has more than {limits.unpacked:,} bytes when it is unpacked. Send a part of it.")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    xml = file.read(part)
                    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
                        raise Refused("Its XML defines entities, as no DOCX does. Save it again.")
    except Refused:
        raise
    except DAMAGED as error:
        raise damaged("DOCX", error) from None


def _lines(node: Any) -> Iterator[str]:
    """Return the paragraphs and rows under a node. What a text box says comes behind the paragraph that holds it."""
    for part in node.iterchildren("*"):
        if part.tag == PARAGRAPH:
            yield _text(part)
            yield from _lines(part)
        elif part.tag == ROW:
            yield "\t".join(" ".join(filter(None, _lines(cell))) for cell in part.iter(CELL) if _row(cell) is part)
        elif part.tag != FALLBACK:
            yield from _lines(part)


def _row(cell: Any) -> Any:
    return next(cell.iterancestors(ROW), None)


def _text(node: Any) -> str:
    """Return what a paragraph says, without the paragraphs in it."""
    parts: list[str] = []
    for part in node.iterchildren("*"):
        if part.tag == TEXT:
            parts.append(part.text or "")
        elif part.tag not in (PARAGRAPH, TABLE, FALLBACK):
            parts.append(BLANKS.get(part.tag) or _text(part))
    return "".join(parts)
