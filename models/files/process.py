"""Reads each file in a process of its own, with limits of memory and processor time: see `program.py`.

A parser cannot be stopped from another thread, and nobody knows what a file costs before it is parsed.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.files import picture_files, program
from models.files.layout import Reading, Word, arranged, joined
from models.files.limits import HEAVY, PAGED, SLOW, Limits, Refused
from models.files.pictures import words

if TYPE_CHECKING:
    from PIL.Image import Image

    from capstan.contract.pixel_budget import PixelBudget

Asked = Literal["text", "pages", "picture"]
PATIENCE = 3  # seconds of the clock for one of processor time, on a busy machine
PASSED = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH"}  # of the environment: what parses hostile files sees no token

log = logging.getLogger(__name__)


def reading(content: bytes, limits: Limits, budget: PixelBudget | None = None) -> Reading:
    """Return the text of a file, and of a PDF or a picture where each word stands. OCR reads pictures and scans here.

    Raises Refused for a file that is not read, for scans over the limit or the budget, and over time or memory.
    """
    pages = []
    for part in _parts(content, limits, "text", budget):
        if "text" in part:
            return Reading(part["text"], [])
        if "paragraphs" in part:
            pages.append([[[Word(*word) for word in line] for line in lines] for lines in part["paragraphs"]])
        else:
            read = words(_picture(part, limits, budget))
            pages.append(arranged([Word(word.text, *(part["point"] * side for side in word[1:])) for word in read]))
    return joined(pages)


def pages(content: bytes, limits: Limits) -> list[tuple[Image, float]]:
    """Return each page of a PDF, or a picture, and how many points a pixel is. Raises Refused as `reading` does."""
    return [(_picture(part, limits), part["point"]) for part in _parts(content, limits, "pages")]


def picture(content: bytes, limits: Limits, budget: PixelBudget | None = None) -> Image:
    """Return a PNG or JPEG. Raises Refused for one that is damaged, has huge sides or is over the budget."""
    (part,) = _parts(content, limits, "picture", budget)
    return _picture(part, limits, budget)


def _picture(part: dict[str, Any], limits: Limits, budget: PixelBudget | None = None) -> Image:
    return picture_files.opened(base64.b64decode(part["picture"]), budget, largest=limits.side)


def _parts(content: bytes, limits: Limits, asked: Asked, budget: PixelBudget | None = None) -> list[dict[str, Any]]:
    """Return what the process says of each part of a file."""
    if len(content) > limits.bytes:
        raise Refused(f"It has {len(content):,} bytes; at most {limits.bytes:,} are read. Send a part of it.")
    pixels = (budget.pixels, budget.left) if budget else None
    # The program is of the same code as this module, which may be that of a stored version.
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    environment = {name: os.environ[name] for name in PASSED & os.environ.keys()} | {"PYTHONPATH": paths}
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-P", "-m", program.__name__, json.dumps([limits, asked, pixels])],
            input=content, capture_output=True, timeout=PATIENCE * PAGED * limits.seconds, check=False,
            env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused(SLOW) from None
    if done.returncode == -signal.SIGXCPU:
        raise Refused(SLOW)
    if done.returncode == -signal.SIGKILL:  # by the system, which has no memory left
        raise Refused(HEAVY)
    if done.returncode:  # a library without memory, or a hole of it
        # The kind of the error alone: its message may quote the file.
        kind = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0][:80]
        log.warning("The program that parses files ended with %d (%s).", done.returncode, kind or "no message")
        raise Refused("It is damaged, or takes too much memory to read. Save it again, or send a part of it.")
    parts = [json.loads(line) for line in done.stdout.splitlines()]
    if parts and "refused" in parts[-1]:
        raise Refused(parts[-1]["refused"])
    return parts
