"""`python -m pipelines.credit_risk.tune`: the constants of the scores, chosen on the loans to train on alone.

Writes `tune.json` beside this file: ROC AUC of five folds, for each setting and each seed. `splines.py` has the best
setting by the mean over the seeds, and `limit.py` takes the best of each other family. The loans that test the model
have no part in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, options
from models.tuning import Families, Setting
from pipelines.credit_risk import rivals, task, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.splines import Splines

FOLDER = Path(__file__).parent
FAMILIES = Families({
    "splines": (Splines, {"knots": (3, 4, 5, 7), "strength": (0.001, 0.003, 0.01, 0.03)}),
    "cubics": (Splines, {"knots": (2,), "strength": (0.001, 0.003, 0.01, 0.03)}),  # no knot inside: no spline
    "boosting": (rivals.Trees, {"leaves": (2, 3, 4, 8), "rounds": (250, 500, 1_000), "extended": (False, True)}),
    "forest": (rivals.Forest, {"smallest": (3, 8, 20)}),
    "network": (rivals.Network, {"width": (16, 64), "decay": (0.01, 0.1, 1.0, 3.0)}),
}, score="roc_auc")  # fmt: skip


def area(rows: pd.DataFrame, family: str, setting: Setting, seed: int) -> float:
    """Return ROC AUC of predictions for each loan by a score that was fitted without the loan's fold."""
    from sklearn.metrics import roc_auc_score

    bad, margin, kind = rows[LABEL].to_numpy(), np.empty(len(rows)), FAMILIES.kind(family)
    for past, held in training.folds(bad, seed):
        margin[held] = kind(seed, **setting).fit(rows.iloc[past], bad[past]).margin(rows.iloc[held])
    return float(roc_auc_score(bad, margin))


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split(task.load(settings().data_dir))[0]["loans"].reset_index(drop=True)
    FAMILIES.measure(study, given.seeds, lambda family, setting, seed: {"roc_auc": area(rows, family, setting, seed)})
    for family in FAMILIES:
        print(family, FAMILIES.best(study.table(), family))


if __name__ == "__main__":
    main()
