"""A file of bytes as text, or the reason why it is not read, within the limits of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files import text
from models.files.layout import Reading
from models.files.limits import Limits, Refused

if TYPE_CHECKING:
    from capstan.contract.pixel_budget import PixelBudget

__all__ = ["Refused"]  # of another module

# The endpoint takes no body over a megabyte, and base64 makes a third more of a file. OCR takes about 5 s for a page.
LIMITS = Limits(bytes=500_000, characters=50_000, scans=2)


def text_of(content: bytes, budget: PixelBudget | None = None) -> str:
    """Return the text of a file, a line per paragraph, by what its first bytes say it is.

    budget: of the request that holds it. Raises Refused for what is too large, damaged, encrypted, over the budget, or
    has no text.
    """
    return text.text_of(content, LIMITS, budget)


def read(content: bytes) -> Reading:
    """Return the text of a file, and where its words stand on its pages. Raises Refused."""
    return text.read(content, LIMITS)


def checked(content: str) -> str:
    """Return a text without spaces at the ends. Raises Refused for one that is too long or blank."""
    return text.checked(content, LIMITS)
