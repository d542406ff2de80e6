"""`python -m pipelines.spam.tune`: the settings of the scores, chosen on the messages to train on alone.

Writes `tune.json` beside this file: the log loss after calibration and F1 of five folds, for each setting and seed.
Near copies are in one fold. The code has the simplest setting of each family that is close to the least log loss. The
messages that test the model have no part in it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.linear import platt
from models.study import Study, options, spread
from models.text import near_copies
from models.tuning import Families, Setting
from pipelines.spam import report, task, training
from pipelines.spam.generative import Generative
from pipelines.spam.rivals import Boosted
from pipelines.spam.scores import Bayes, Machine, Meant

FOLDER = Path(__file__).parent
SERVED = "MiniLM beside it"
FAMILIES = Families({
    "machine": (Machine, {"strength": (0.1, 0.3, 1.0, 3.0, 10.0), "ratio": (False, True)}),
    "bayes": (Bayes, {"kind": ("multinomial", "bernoulli", "complement"), "smoothing": (0.1, 1.0)}),
    "generative": (Generative, {"order": (4, 5, 6, 7)}),
    SERVED: (Meant, {"strength": (1.0, 3.0), "stretch": (0.3, 0.5, 1.0, 1.5)}),
    "boosted": (Boosted, {"leaves": (7, 15, 31), "rounds": (150, 300, 600)}),
}, score="log_loss", lowest=True, close=0.001)  # fmt: skip


def measured(
    family: str, setting: Setting, counts: Any, spam: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, float]:
    """Return log loss and F1 of messages by a score that was fitted without their fold, and calibrated on them."""
    parts = training.folds(spam, groups, seed)
    margin = training.out_of_fold(lambda seed: FAMILIES.kind(family)(seed, **setting), counts, spam, parts, seed)
    slope, intercept = platt.line(margin, spam)
    odds = slope * margin + intercept
    return {"log_loss": float(report.log_loss(spam, odds).mean()), "f1": float(report.f1(spam, odds > 0).mean())}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    columns = {
        "log loss": lambda rows: spread(rows["log_loss"], digits=4),
        "F1 of spam": lambda rows: spread(rows["f1"], digits=4),
    }
    return FAMILIES.table(results, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=2)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split(task.load(settings().data_dir))[0]["messages"]
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    groups = near_copies.groups(texts)
    counts = cache(lambda family: FAMILIES.kind(family).counts(texts))
    FAMILIES.measure(
        study,
        given.seeds,
        lambda family, setting, seed: measured(family, setting, counts(family), spam, groups, seed),
    )
    print(tables(study.table()))


if __name__ == "__main__":
    main()
