"""`python -m pipelines.credit_risk.tune`: the constants of the served score, chosen on the loans to train on alone.

Writes `tune.json` beside this file: ROC AUC of five folds, for each pair of values and each seed. `splines.py` has the
best pair by the mean over the seeds. The loans that test the model have no part in it.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, options
from pipelines.credit_risk import task, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.splines import Splines

FOLDER = Path(__file__).parent
KNOTS, STRENGTHS = (3, 4, 5, 7), (0.001, 0.003, 0.01, 0.03)


def area(rows: pd.DataFrame, knots: int, strength: float, seed: int) -> float:
    """Return ROC AUC of predictions for each loan by a score that was fitted without the loan's fold."""
    from sklearn.metrics import roc_auc_score

    bad, margin = rows[LABEL].to_numpy(), np.empty(len(rows))
    for past, held in training.folds(bad, seed):
        fitted = Splines(seed, knots, strength).fit(rows.iloc[past], bad[past])
        margin[held] = fitted.margin(rows.iloc[held])
    return float(roc_auc_score(bad, margin))


def best(results: pd.DataFrame) -> tuple[int, float]:
    """Return the knots and the strength with the highest mean."""
    knots, strength = results.groupby(["knots", "strength"])["roc_auc"].mean().idxmax()
    return int(knots), float(strength)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["knots", "strength", "seed"])
    rows = task.split(task.load(settings().data_dir))[0]["loans"].reset_index(drop=True)
    for knots, strength, seed in product(KNOTS, STRENGTHS, range(given.seeds)):
        study.add({"knots": knots, "strength": strength, "seed": seed, "roc_auc": area(rows, knots, strength, seed)})
    print(best(study.table()))


if __name__ == "__main__":
    main()
