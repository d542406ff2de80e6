"""Text on pictures, read by RapidOCR (PP-OCR, https://github.com/RapidAI/RapidOCR), whose models come with it.

It reads printed text in any Latin script, and Chinese and Japanese. Handwriting and small letters (under about 14
pixels) it reads badly. A page of 1,240 by 1,754 pixels takes seconds of one core.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

READING = threading.Lock()  # the engine keeps state while it reads
LONG = 8  # times its shorter side; the engine enlarges the shorter one to 736 pixels, so a thin strip took it 8 GB


class Line(NamedTuple):
    """A line of text on a picture, with how sure the reader is (0 to 1) and its box in pixels."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


@cache
def engine() -> Any:
    """Return the reader, on one core; the first call takes a second or two."""
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})


def lines(image: Image) -> list[Line]:
    """Return the lines of text on a picture, as the reader orders them: from top to bottom, then from left to right."""
    with READING:
        found = engine()(_filled(np.asarray(image.convert("RGB"))))
    if found.txts is None:
        return []
    return [
        Line(text, float(score), *box.min(axis=0).tolist(), *box.max(axis=0).tolist())
        for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True)
    ]


def _filled(pixels: np.ndarray) -> np.ndarray:
    """Return a picture that is at most `LONG` times as long as wide. What is added has its median colour."""
    high, wide = (max(side, -(-max(pixels.shape[:2]) // LONG)) for side in pixels.shape[:2])
    if (high, wide) == pixels.shape[:2]:
        return pixels
    filled = np.broadcast_to(np.median(pixels, axis=(0, 1)).astype(np.uint8), (high, wide, 3)).copy()
    filled[: pixels.shape[0], : pixels.shape[1]] = pixels
    return filled


def text(image: Image) -> str:
    """Return the text on a picture: its lines, joined by blanks."""
    return " ".join(line.text for line in lines(image))
