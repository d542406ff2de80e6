"""`python -m pipelines.spam.tune`: the settings of the scores, chosen on the messages to train on alone.

Writes `tune.json` beside this file: the log loss after calibration and F1 of five folds, for each setting and seed.
Near copies are in one fold. The code has the simplest setting of each family that is close to the least log loss. The
messages that test the model have no part in it.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import near_copies, platt
from models.study import Study, markdown, options, spread
from pipelines.spam import report, task, training
from pipelines.spam.generative import Generative
from pipelines.spam.scores import Bayes, Machine

FOLDER = Path(__file__).parent
CLOSE = 0.001  # of the log loss: less makes no difference
# Family -> its class, and the values of each setting that are tried.
GRIDS: dict[str, tuple[Any, dict[str, tuple[Any, ...]]]] = {
    "machine": (Machine, {"strength": (0.1, 0.3, 1.0, 3.0, 10.0), "ratio": (False, True)}),
    "bayes": (Bayes, {"kind": ("multinomial", "bernoulli", "complement"), "smoothing": (0.1, 1.0)}),
    "generative": (Generative, {"order": (4, 5, 6, 7)}),
}


def trials(family: str) -> list[dict[str, Any]]:
    """Return the settings of a family that are tried."""
    grid = GRIDS[family][1]
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def name(setting: dict[str, Any]) -> str:
    """Return a setting as the record calls it."""
    return ", ".join(f"{key} {value}" for key, value in setting.items())


def measured(
    family: str, setting: dict[str, Any], counts: Any, spam: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, float]:
    """Return log loss and F1 of messages by a score that was fitted without their fold, and calibrated on them."""
    parts = training.folds(spam, groups, seed)
    margin = training.out_of_fold(lambda seed: GRIDS[family][0](seed, **setting), counts, spam, parts, seed)
    slope, intercept = platt.line(margin, spam)
    odds = slope * margin + intercept
    return {"log_loss": float(report.log_loss(spam, odds).mean()), "f1": float(report.f1(spam, odds > 0).mean())}


def record() -> pd.DataFrame:
    """Return the lines of `tune.json`."""
    return pd.DataFrame(json.loads((FOLDER / "tune.json").read_text()))


def best(results: pd.DataFrame, family: str) -> dict[str, Any]:
    """Return the first setting of a family whose mean log loss is close to the least. They begin with the simplest."""
    means = results[results["family"] == family].groupby("setting")["log_loss"].mean()
    return next(setting for setting in trials(family) if means[name(setting)] <= means.min() + CLOSE)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    at = [
        name(best(results, family)) == setting for family, setting in zip(results.family, results.setting, strict=True)
    ]
    tried = results.groupby("family")["setting"].nunique()
    columns = {
        "settings tried": lambda rows: str(tried[rows["family"].iloc[0]]),
        "log loss": lambda rows: spread(rows["log_loss"], digits=4),
        "F1 of spam": lambda rows: spread(rows["f1"], digits=4),
    }
    return markdown(results[at], {"family": "family", "best setting": "setting"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=2)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split(task.load(settings().data_dir))[0]["messages"]
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    groups = near_copies.groups(texts)
    for family, (kind, _) in GRIDS.items():
        counts = kind.counts(texts)
        for setting, seed in product(trials(family), range(given.seeds)):
            line = {"family": family, "setting": name(setting), "seed": seed}
            if not study.has(**line):
                study.add(line | measured(family, setting, counts, spam, groups, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
