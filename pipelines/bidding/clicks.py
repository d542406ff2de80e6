"""`python -m pipelines.bidding.clicks`: how well clicks are predicted on the sample of KDD Cup 2012, track 2.

It writes `clicks.json` into the folder that it is given, and prints the tables. The settings are chosen on a fifth of
the rows by lot, which are then left out; the others are five folds, five times, each with another seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract import delong
from capstan.contract.intervals import difference
from capstan.errors import CapstanError
from capstan.settings import settings
from models.metrics import binary
from models.study import Line, Study, markdown, options, ranged
from models.tuning import Families, Setting
from pipelines.bidding.click_models import CATEGORIES, Boosted, Deep, Factors, Hashed, Simple

FOLDER = Path(__file__).parent
FILE = "ads/kdd2012_click.parquet"
SIMPLE = "the place alone, logistic"
FAMILIES = Families({
    SIMPLE: (Simple, {}),
    "hashed, FTRL-Proximal": (Hashed, {"alpha": (0.01, 0.03, 0.1), "l1": (0.0, 0.5), "l2": (1.0, 10.0)}),
    "factorization machine": (Factors, {"size": (4, 8), "decay": (1e-3, 1e-2)}),
    "LightGBM": (Boosted, {"leaves": (7, 15, 31), "trees": (100, 200), "prior": (20.0, 100.0)}),
    "deep factorization machine": (Deep, {"size": (4, 8), "decay": (1e-3, 1e-2)}),
}, score="log_loss", lowest=True)  # fmt: skip


def impressions(data_dir: Path | None) -> pd.DataFrame:
    """Return the rows. Raises CapstanError where the folder does not have them."""
    file = (data_dir or Path()) / FILE
    if not file.is_file():
        raise CapstanError(f"{file} is missing. It is OpenML's Click_prediction_small: set CAPSTAN_DATA_DIR.")
    rows = pd.read_parquet(file)
    return rows.assign(**{name: rows[name].astype(str) for name in CATEGORIES if name not in ("depth", "position")})


def measured(name: str, setting: Setting, rows: pd.DataFrame, clicked: np.ndarray) -> Line:
    """Return the log loss of a setting, learned on three quarters of these rows and measured on the others."""
    held = np.random.default_rng(0).random(len(rows)) < 0.25
    model = FAMILIES.kind(name)(0, **setting).fit(rows[~held].reset_index(drop=True), clicked[~held])
    return {"part": "tuned", "log_loss": float(loss(clicked[held], model.predict(rows[held])).mean())}


def loss(clicked: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the log loss of each row, shape (n,)."""
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(-np.where(clicked == 1, np.log(safe), np.log1p(-safe)))


def compared(rows: pd.DataFrame, clicked: np.ndarray, best: dict[str, Setting], seed: int) -> Iterator[Line]:
    """Yield a line per method from five folds: each row is predicted by a model that has not seen it."""
    fold = np.random.default_rng(seed + 1).permutation(len(rows)) % 5
    parts = {name: np.empty(len(rows)) for name in FAMILIES}
    for one in range(5):
        past, held = fold != one, fold == one
        for name in FAMILIES:
            model = FAMILIES.kind(name)(seed, **best[name]).fit(rows[past].reset_index(drop=True), clicked[past])
            parts[name][held] = model.predict(rows[held])
    for name, made in parts.items():
        scored = binary.score(clicked, made)
        line: Line = {"family": name, "setting": "chosen", "seed": seed, "part": "folds"} | {
            key: scored[key] for key in ("roc_auc", "calibration_error")
        }
        line["log_loss"] = float(loss(clicked, made).mean())
        for field, pair in {
            "auc_more": (delong.roc_auc(clicked, made), delong.roc_auc(clicked, parts[SIMPLE])),
            "loss_less": (loss(clicked, parts[SIMPLE]), loss(clicked, made)),
        }.items():
            line |= dict(zip((field, f"{field}_low", f"{field}_high"), difference(*pair), strict=True))
        yield line


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))

    def spread(name: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: f"{rows[name].mean():.4f} ({rows[name].min():.4f} to {rows[name].max():.4f})"

    compared = markdown(parts["folds"], {"five folds": "family"}, {
        "ROC AUC": spread("roc_auc"), "more than the place alone": ranged("auc_more", sign="+"),
        "log loss": spread("log_loss"),
        "less than of the place alone": ranged("loss_less", sign="+"), "calibration error": spread("calibration_error"),
    })  # fmt: skip
    settings = FAMILIES.table(parts["tuned"], {"log loss": lambda lines: f"{lines['log_loss'].mean():.4f}"})
    return f"{compared}\n\n{settings}"


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    given = parser.parse_args()
    study = Study(given.out / "clicks.json", ["family", "setting", "seed"])
    rows = impressions(settings().data_dir)
    clicked, lot = rows["click"].to_numpy(), np.random.default_rng(7).random(len(rows)) < 0.2
    choosing, own = rows[lot].reset_index(drop=True), rows[~lot].reset_index(drop=True)
    FAMILIES.measure(study, 1, lambda name, setting, seed: measured(name, setting, choosing, clicked[lot]))
    tried = study.table().query("part == 'tuned'")
    best = {name: FAMILIES.best(tried, name) for name in FAMILIES}
    for seed in range(given.seeds):
        if not study.has(part="folds", seed=seed):
            study.add(*compared(own, clicked[~lot], best, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
