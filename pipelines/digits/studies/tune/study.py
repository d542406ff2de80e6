"""Which constants find strokes best, one at a time?

Digits that are held out of those to train on are put on pages of every kind, and nearest neighbours read what is found.
No network has a part in the choice, and no image of the test. The code keeps a value unless another reads 2 points
more.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.vision import strokes
from models.vision.nearest import Nearest
from pipelines.digits import pages, pixels, task

VALUES = {
    "WINDOW": (0.2, 0.3, 0.4),
    "LOW": (0.25, 0.35, 0.45),
    "HIGH": (0.5, 0.6, 0.7),
    "PALE": (0.08, 0.12, 0.2),
    "NEAR": (0.1, 0.2, 0.3),
}
SEEN, ON_EACH = 5_000, 25  # images of the neighbours; on each kind of page


@cache
def images() -> tuple[Nearest, pd.DataFrame]:
    """Return the neighbours that read, and the digits that are read."""
    rows = task.split(task.load(settings().data_dir))[0]["images"]
    first = rows.head(SEEN)
    return Nearest(pixels.from_bytes(first["pixels"]), first["label"].to_numpy()), rows.tail(ON_EACH)


def constant(name: str, value: float) -> Line:
    """Return how many photographs are read, refused and read wrong with another value of a constant."""
    reader, rows = images()
    kept, random = getattr(strokes, name), np.random.default_rng(0)
    setattr(strokes, name, value)
    outcomes = []
    try:
        for kind in pages.KINDS:
            for content, label in zip(rows["pixels"], rows["label"], strict=True):
                photograph = pages.photographed(content, kind, random)
                try:
                    digit = int(reader.digits(pixels.from_file(photograph)[None])[0])
                    outcomes.append((digit == label, False))
                except ValueError:
                    outcomes.append((False, True))
    finally:
        setattr(strokes, name, kept)
    read, refused = np.mean(outcomes, axis=0).tolist()
    return {"pages": len(outcomes), "read": read, "refused": refused}


def percent(name: str) -> Show:
    """Return what shows a share in percent."""
    return lambda rows: f"{100 * rows[name].iloc[0]:.1f}"


STUDY = Study(
    measures=[
        Measure(constant, [{"name": name, "value": value} for name in VALUES for value in VALUES[name]], seeds=0)
    ],
    tables=[Table({"constant": "name", "value": "value"}, {"read": percent("read"), "refused": percent("refused")})],
)
