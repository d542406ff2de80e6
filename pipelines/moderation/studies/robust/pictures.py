"""How well is a text that is drawn on a picture read, and judged as text?

It reads with `rapidocr` (Apache-2.0; its models come with it), as the endpoint does, and asks the champion about what
was drawn and what was read.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Table
from capstan.versions import registry
from models.files import ocr
from pipelines.moderation import task
from pipelines.moderation.data import CLASSES, masked

if TYPE_CHECKING:
    from PIL.Image import Image

DRAWN = 12  # tweets of each kind of picture
KINDS: dict[str, dict[str, Any]] = {
    "black on white, 28 pixels": {"size": 28},
    "small, 14 pixels": {"size": 14},
    "white on a coloured pattern, JPEG": {"size": 28, "pattern": True},
    "turned by 8 degrees": {"size": 28, "angle": 8.0},
}


def drawn(text: str, size: int, pattern: bool = False, angle: float = 0.0, seed: int = 0) -> Image:
    """Return a picture with a text in lines. size: of the letters, in pixels. pattern: behind it, and saved as JPEG."""
    from PIL import Image, ImageDraw, ImageFont

    lines = textwrap.wrap(text, 640 // size * 2)
    shape = (size * 24, size * 2 * (len(lines) + 2))
    if pattern:
        coarse = np.random.default_rng(seed).integers(0, 150, (5, 8, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize(shape, Image.Resampling.BICUBIC)
    else:
        image = Image.new("RGB", shape, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        place = (size, size * (1 + 1.5 * number))
        draw.text(place, line, font=ImageFont.load_default(size), fill="white" if pattern else "black")
    if angle:
        image = image.rotate(angle, expand=True, fillcolor="white")
    if pattern:
        held = io.BytesIO()
        image.save(held, "JPEG", quality=60)
        image = Image.open(held)
    return image


def distance(one: str, other: str) -> int:
    """Return how many signs have to be put in, left out or changed: Levenshtein (1966)."""
    row = list(range(len(other) + 1))
    for number, sign in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, theirs in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (sign != theirs))
    return row[-1]


def champion() -> Any:
    """Return the model that serves. Raises CapstanError where there is none."""
    return registry.load_version("moderation", registry.champion("moderation").version).model


def line(texts: list[str], made: list[str], model: Any) -> Line:
    """Return how many signs and words are read wrongly, and how often the answer stays the same."""
    errors = sum(distance(text, found) for text, found in zip(texts, made, strict=True))
    words = [(word, found.split()) for text, found in zip(texts, made, strict=True) for word in text.split()]
    asked, read = (model.predict_columns({"text": [masked(text) or "-" for text in each]}) for each in (texts, made))
    pairs = zip(asked["probabilities"], read["probabilities"], strict=True)
    moved = [abs(before[name] - after[name]) for before, after in pairs for name in CLASSES]
    return {
        "pictures": len(texts),
        "wrong_signs": errors / sum(map(len, texts)),
        "words_read": sum(word in found for word, found in words) / len(words),
        "same_class": float(np.mean([a == b for a, b in zip(asked["kind"], read["kind"], strict=True)])),
        "same_decision": float(np.mean([a == b for a, b in zip(asked["decision"], read["decision"], strict=True)])),
        "moved": float(np.mean(moved)),
    }


def drawn_and_read(kind: str, seed: int) -> Line:
    """Return how well one kind of picture is read."""
    rows = task.split(task.load(settings().data_dir))[1]["tweets"]
    plain = rows[rows["text"].map(lambda text: text.isascii() and text.isprintable() and "  " not in text)]["text"]
    texts = plain.sample(DRAWN, random_state=seed).str.strip().tolist()
    recognized = [ocr.text(drawn(text, **KINDS[kind], seed=place)) for place, text in enumerate(texts)]
    return line(texts, recognized, champion())


def percent(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a share."""
    return lambda rows: f"{100 * rows[name].mean():.1f}"


TABLE = Table(
    {"picture": "kind"},
    {
        "pictures": lambda rows: f"{rows['pictures'].sum():.0f}",
        "signs read wrongly, %": percent("wrong_signs"),
        "words read, %": percent("words_read"),
        "same class, %": percent("same_class"),
        "same decision, %": percent("same_decision"),
        "mean change of a share": lambda rows: f"{rows['moved'].mean():.3f}",
    },
    "drawn_and_read",
)
