"""A text divided into its words, each with what was found over it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

PART = re.compile(r"\S+\s*|\s+")


class Span(Protocol):
    """What has a place in a text."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends: behind its last sign."""


def parts(text: str, spans: Sequence[Span], values: np.ndarray) -> list[dict[str, Any]]:
    """Return the words of a text with their blanks, each with the effect of the spans over it, evenly by character."""
    signs = np.zeros(len(text) + 1)
    for span, value in zip(spans, values, strict=True):
        share = value / (span.end - span.start)
        signs[span.start] += share
        signs[span.end] -= share
    sums = np.concatenate([[0.0], np.cumsum(np.cumsum(signs))])
    return [
        {"part": match.group(), "effect": float(sums[match.end()] - sums[match.start()])}
        for match in PART.finditer(text)
    ]
