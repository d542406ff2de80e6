"""How well are clicks predicted on the sample of KDD Cup 2012, track 2?

- tuned: the settings, on a random fifth of the rows, which is then left out;
- folds: the best of each method on the others: five folds, five times, each with another seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract import delong
from capstan.contract.intervals import difference
from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, Table, ranged
from capstan.study.choices import Setting
from capstan.study.protocol import Show
from models.metrics import binary
from pipelines.bidding.studies.clicks.click_models import CATEGORIES, Boosted, Deep, Factors, Hashed, Simple

FILE = "ads/kdd2012_click.parquet"
SIMPLE = "the place alone, logistic"
FAMILIES = Choices({
    SIMPLE: (Simple, {}),
    "hashed, FTRL-Proximal": (Hashed, {"alpha": (0.01, 0.03, 0.1), "l1": (0.0, 0.5), "l2": (1.0, 10.0)}),
    "factorization machine": (Factors, {"size": (4, 8), "decay": (1e-3, 1e-2)}),
    "LightGBM": (Boosted, {"leaves": (7, 15, 31), "trees": (100, 200), "prior": (20.0, 100.0)}),
    "deep factorization machine": (Deep, {"size": (4, 8), "decay": (1e-3, 1e-2)}),
}, score="log_loss", lowest=True)  # fmt: skip
BEST: dict[str, Setting] = {  # of `tuned`
    SIMPLE: {},
    "hashed, FTRL-Proximal": {"alpha": 0.1, "l1": 0.0, "l2": 1.0},
    "factorization machine": {"size": 4, "decay": 1e-3},
    "LightGBM": {"leaves": 7, "trees": 200, "prior": 100.0},
    "deep factorization machine": {"size": 4, "decay": 1e-2},
}
Rows = tuple[pd.DataFrame, np.ndarray]


def impressions(data_dir: Path | None) -> pd.DataFrame:
    """Return the rows. Raises CapstanError where the folder does not have them."""
    file = (data_dir or Path()) / FILE
    if not file.is_file():
        raise CapstanError(f"{file} is missing. It is OpenML's Click_prediction_small: set CAPSTAN_DATA_DIR.")
    rows = pd.read_parquet(file)
    return rows.assign(**{name: rows[name].astype(str) for name in CATEGORIES if name not in ("depth", "position")})


@cache
def divided() -> tuple[Rows, Rows]:
    """Return the rows that choose the settings, and the others, each with their clicks."""
    rows = impressions(settings().data_dir)
    clicked, chosen = rows["click"].to_numpy(), np.random.default_rng(7).random(len(rows)) < 0.2
    choosing, rest = ((rows[part].reset_index(drop=True), clicked[part]) for part in (chosen, ~chosen))
    return choosing, rest


def tuned(family: str, setting: str) -> Line:
    """Return the log loss of a setting, learned on three quarters of the rows that choose, measured on the others."""
    rows, clicked = divided()[0]
    held = np.random.default_rng(0).random(len(rows)) < 0.25
    model = FAMILIES.kind(family)(0, **FAMILIES.setting(family, setting))
    model.fit(rows[~held].reset_index(drop=True), clicked[~held])
    return {"log_loss": float(loss(clicked[held], model.predict(rows[held])).mean())}


def loss(clicked: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the log loss of each row, shape (n,)."""
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(-np.where(clicked == 1, np.log(safe), np.log1p(-safe)))


def folds(seed: int) -> Iterator[Line]:
    """Yield a line per method from five folds: each row is predicted by a model that has not seen it."""
    rows, clicked = divided()[1]
    fold = np.random.default_rng(seed + 1).permutation(len(rows)) % 5
    parts = {name: np.empty(len(rows)) for name in FAMILIES}
    for number in range(5):
        past, held = fold != number, fold == number
        for name in FAMILIES:
            model = FAMILIES.kind(name)(seed, **BEST[name]).fit(rows[past].reset_index(drop=True), clicked[past])
            parts[name][held] = model.predict(rows[held])
    for name, predicted in parts.items():
        scored = binary.score(clicked, predicted)
        line: Line = {"family": name, "setting": "chosen"} | {
            key: scored[key] for key in ("roc_auc", "calibration_error")
        }
        line["log_loss"] = float(loss(clicked, predicted).mean())
        for field, pair in {
            "auc_more": (delong.roc_auc(clicked, predicted), delong.roc_auc(clicked, parts[SIMPLE])),
            "loss_less": (loss(clicked, parts[SIMPLE]), loss(clicked, predicted)),
        }.items():
            line |= dict(zip((field, f"{field}_low", f"{field}_high"), difference(*pair), strict=True))
        yield line


def spread(name: str) -> Show:
    """Return what shows a score over the seeds."""
    return lambda rows: f"{rows[name].mean():.4f} ({rows[name].min():.4f} to {rows[name].max():.4f})"


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file that is read."""
    return {FILE: (data_dir or Path()) / FILE}


STUDY = Study(
    measures=[Measure(folds), Measure(tuned, FAMILIES.cases(), seeds=0)],
    tables=[
        Table(
            {"five folds": "family"},
            {
                "ROC AUC": spread("roc_auc"),
                "more than the place alone": ranged("auc_more", sign="+"),
                "log loss": spread("log_loss"),
                "less than of the place alone": ranged("loss_less", sign="+"),
                "calibration error": spread("calibration_error"),
            },
            "folds",
        ),
        FAMILIES.table({"log loss": lambda lines: f"{lines['log_loss'].mean():.4f}"}, "tuned"),
    ],
    files=files,
)
