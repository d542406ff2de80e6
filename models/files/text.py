"""A file of bytes as text, or the reason why it is not read. A process of its own parses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.files import process
from models.files.layout import Reading
from models.files.limits import Limits, Refused

if TYPE_CHECKING:
    from capstan.contract.pixel_budget import PixelBudget

LIMITS = Limits()


def text_of(content: bytes, limits: Limits = LIMITS, budget: PixelBudget | None = None) -> str:
    """Return the text of a file, a line per paragraph, without blank lines.

    budget: of the request that holds it, for pictures and scanned pages. Raises Refused for what is too large, damaged,
    encrypted, over the budget, takes too much memory or time, or has no text.
    """
    return read(content, limits, budget).text


def read(content: bytes, limits: Limits = LIMITS, budget: PixelBudget | None = None) -> Reading:
    """Return the text of a file as `text_of` does, and of a PDF or a picture where each word stands."""
    document = process.reading(content, limits, budget)
    checked(document.text, limits)
    return document


def checked(text: str, limits: Limits = LIMITS) -> str:
    """Return a text without blanks at the ends. Raises Refused for one that is too long or blank."""
    text = text.strip()
    if not any(sign.isalnum() for sign in text):
        raise Refused("It has no text. Send a file that has some, or a sharper picture.")
    if len(text) > limits.characters:
        raise Refused(f"It has {len(text):,} characters; at most {limits.characters:,} are read. Send a part of it.")
    return text
