"""Which files of a folder are notes, and what each says: texts, documents, pictures with text, and speech."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

TEXTS, DOCUMENTS, SPEECH = (".md", ".txt"), (".pdf", ".docx", ".html", ".htm", ".png", ".jpg", ".jpeg"), (".wav",)
LARGEST = 50_000_000  # bytes of a file
SCANS = 50  # pages of a document that are read by OCR, which takes seconds of a core for each


def files(folder: Path) -> list[Path]:
    """Return the files of a folder that are read, by their names; hidden ones are left out."""
    kinds = (*TEXTS, *DOCUMENTS, *SPEECH)
    found = [path for path in folder.rglob("*") if path.suffix.lower() in kinds and path.is_file()]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def text(path: Path) -> str:
    """Return what a file says. Raises ValueError, in words for its owner, for one that is not read."""
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"It has {size:,} bytes; at most {LARGEST:,} are read.")
    kind = path.suffix.lower()
    reads: Callable[[bytes], str] = _plain if kind in TEXTS else _heard if kind in SPEECH else _document
    return reads(path.read_bytes())


def _plain(content: bytes) -> str:
    return content.decode(errors="replace")


def _heard(content: bytes) -> str:
    from models.files import speech

    if not (spoken := speech.text(content)):
        raise ValueError("Nothing was understood in it.")
    return spoken


def _document(content: bytes) -> str:
    from models.files import limits
    from models.files.text import text_of

    most = limits.Limits(bytes=LARGEST, scans=SCANS, characters=5_000_000, pages=2_000, seconds=30, memory=10**9)
    # A line is a paragraph there; a blank line parts paragraphs of a note.
    return text_of(content, most).replace("\n", "\n\n")
