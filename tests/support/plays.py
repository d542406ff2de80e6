"""Tiny Shakespeare for tests: its first plays as a file, and texts from which a decoder must not become champion."""

from pathlib import Path

import numpy as np
import pandas as pd

from data_sets import plays as data
from tests.support.controls import Parts, Tables
from tests.support.data import DATA_DIR

CHARACTERS = 200_000
TRAINED, TESTED = 270_000, 30_000  # bytes


def write(folder: Path) -> None:
    """Write the beginning of the text."""
    file = folder / data.FILE
    file.parent.mkdir()
    file.write_text(data.path(DATA_DIR).read_text()[:CHARACTERS])


def fewer(parts: Parts) -> Parts:
    """Leave the first plays, and the first of those that test."""
    past, test = (
        as_lines(data.to_bytes(part["lines"])[:count]) for part, count in zip(parts, (TRAINED, TESTED), strict=True)
    )
    return past, test


def as_lines(text: np.ndarray) -> Tables:
    """Return a text as the table that has it."""
    lines = text.tobytes().decode(errors="replace").splitlines(keepends=True)
    return {"lines": pd.DataFrame({"text": lines}).assign(newsgroup=data.PLAYS)}


def changed(parts: Parts, text: np.ndarray) -> Parts:
    """Replace the text to learn from."""
    return as_lines(text), parts[1]


def without_order(parts: Parts) -> Parts:
    """Shuffle the bytes: each keeps its frequency, and there are no words."""
    return changed(parts, np.random.default_rng(0).permutation(data.to_bytes(parts[0]["lines"])))


def a_scene(parts: Parts) -> Parts:
    """Leave the first scene."""
    return changed(parts, data.to_bytes(parts[0]["lines"])[:5_000])
