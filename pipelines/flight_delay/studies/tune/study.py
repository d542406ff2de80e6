"""Which settings of LightGBM are best on three months that the test does not see?

Trained on all flights before June, August and September, measured on that month. The task has the best settings.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.data.times import instant
from capstan.study import Line, Measure, Study, Table
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CATEGORIES, INPUTS, LABEL
from pipelines.flight_delay.studies.labelled import labelled

MONTHS = {
    "June": ("2013-06-01T04:00:00Z", "2013-07-01T04:00:00Z"),
    "August": ("2013-08-01T04:00:00Z", "2013-09-01T04:00:00Z"),
    "September": ("2013-09-01T04:00:00Z", "2013-10-01T04:00:00Z"),
}
GRID: list[dict[str, Any]] = [
    {"num_leaves": 63, "feature_fraction": 0.7, "rounds": 150},  # what the task had before there were departures
    {"num_leaves": 63, "feature_fraction": 0.4, "rounds": 150},
    {"num_leaves": 31, "feature_fraction": 0.4, "rounds": 300},
    {"num_leaves": 31, "feature_fraction": 0.2, "rounds": 400},
    {"num_leaves": 15, "feature_fraction": 0.4, "rounds": 500},
    {"num_leaves": 63, "feature_fraction": 0.2, "rounds": 250},
]


def area(settings: str, month: str) -> Line:
    """Return the ROC AUC of a month with some settings, which are JSON."""
    import lightgbm
    from sklearn.metrics import roc_auc_score

    from models.trees.booster import encode

    rows, tried = labelled(), json.loads(settings)
    coding = {name: sorted(rows[name].unique()) for name in CATEGORIES}
    matrix = encode({name: rows[name].to_list() for name in INPUTS}, INPUTS, coding)
    target, when = rows[LABEL].to_numpy(float), rows[EVENT_TIMESTAMP]
    params = task.PARAMETERS | tried | {"objective": "binary", "seed": 0, "verbosity": -1}
    rounds = params.pop("rounds")
    began, (first, end) = time.monotonic(), MONTHS[month]
    past = np.asarray(when < instant(first))
    held = np.asarray(when.between(instant(first), instant(end), inclusive="left"))
    data = lightgbm.Dataset(matrix[past], target[past], categorical_feature=[*map(INPUTS.index, CATEGORIES)])
    booster = lightgbm.train(params, data, rounds)
    found = roc_auc_score(target[held], booster.predict(matrix[held]))
    return {"roc_auc": found, "seconds": time.monotonic() - began}


def best(lines: pd.DataFrame) -> dict[str, Any]:
    """Return the settings with the highest mean over the months."""
    chosen = lines.groupby("settings", sort=False)["roc_auc"].mean().idxmax()
    found: dict[str, Any] = json.loads(str(chosen))
    return found


def readable(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with settings as people read them."""
    return lines.assign(settings=lines["settings"].str.strip("{}").str.replace('"', ""))


STUDY = Study(
    measures=[
        Measure(area, [{"settings": json.dumps(tried), "month": month} for tried in GRID for month in MONTHS], seeds=0)
    ],
    tables=[
        Table(
            {"settings": "settings"},
            {
                month: lambda rows, month=month: f"{rows.loc[rows['month'] == month, 'roc_auc'].mean():.4f}"
                for month in MONTHS
            }
            | {"mean": lambda rows: f"{rows['roc_auc'].mean():.4f}"},
            rows=readable,
        )
    ],
)
