"""What of a file is read at most, and the refusal of more."""

from __future__ import annotations

from typing import NamedTuple

from capstan.errors import CapstanError


class Refused(CapstanError, ValueError):
    """A file that is not read, and why, in words for the one who sent it."""


class Limits(NamedTuple):
    """The most that is read of a file. `seconds` and `memory` bound its process, whatever the file does."""

    bytes: int = 500_000
    unpacked: int = 50_000_000  # bytes of all that is compressed in it
    pages: int = 200
    scans: int = 4  # pages or pictures that are read by OCR, which takes seconds of a core for each
    side: int = 5_000  # pixels of a side of a picture; a page of A4 at 400 dots per inch has 4,678
    characters: int = 50_000
    seconds: float = 2.0  # of processor time, without OCR; PAGED times as much for a PDF or a picture
    memory: int = 250_000_000  # bytes of data, without code; PAGED times as much for a PDF or a picture


PAGED = 4  # pages are drawn, and pixels take more time and memory than text
HEAVY = "It takes too much memory to read. Send a part of it."
SLOW = "It takes too long to read. Send a part of it."


def damaged(kind: str, error: BaseException) -> Refused:
    """Return the refusal of a file that cannot be read, with the first line of what its reader said."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Refused(f"It is a damaged {kind} ({line[:200]}). Save it again.")
