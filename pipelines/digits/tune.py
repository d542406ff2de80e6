"""`python -m pipelines.digits.tune`: other values of the constants that find strokes, one at a time.

Digits that are held out of those to train on are put on pages of every kind, and nearest neighbours read what is found:
no network has a part in the choice, and no image of the test. It adds each line to `tune.json`, passes over those that
are there, and prints the table. The code keeps a value unless another reads more by more than chance: 2 points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Line, Study, markdown, options
from models.vision.nearest import Nearest
from pipelines.digits import pages, pixels, strokes, task

VALUES = {
    "WINDOW": (0.2, 0.3, 0.4),
    "LOW": (0.25, 0.35, 0.45),
    "HIGH": (0.5, 0.6, 0.7),
    "PALE": (0.08, 0.12, 0.2),
    "NEAR": (0.1, 0.2, 0.3),
}
SEEN, ON_EACH = 5_000, 25  # images of the neighbours; on each kind of page


def measured(name: str, value: float, reader: Nearest, rows: pd.DataFrame) -> Line:
    """Return how many photographs are read, refused and read wrong with another value of a constant."""
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
    return {"name": name, "value": value, "pages": len(outcomes), "read": read, "refused": refused}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {
        "read": lambda rows: f"{100 * rows['read'].iloc[0]:.1f}",
        "refused": lambda rows: f"{100 * rows['refused'].iloc[0]:.1f}",
    }
    return markdown(results, {"constant": "name", "value": "value"}, columns)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    rows = task.split(task.load(settings().data_dir))[0]["images"]
    first = rows.head(SEEN)
    reader = Nearest(pixels.from_bytes(first["pixels"]), first["label"].to_numpy())
    study = Study(given.out / "tune.json", ["name", "value"])
    for name, values in VALUES.items():
        for value in values:
            if not study.has(name=name, value=value):
                study.add(measured(name, value, reader, rows.tail(ON_EACH)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
